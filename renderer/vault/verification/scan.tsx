import { Camera, ImageUp } from "lucide-react";
import { useCallback, useEffect, useState, type ReactNode } from "react";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import { Button } from "../../ui/button.tsx";
import { shortcutText } from "../../ui/keys.ts";
import type { MessageId } from "../../ui/messages/en.ts";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { DropZone } from "../parts/drop-zone.tsx";
import { Step } from "../parts/step.tsx";
import { useAct } from "../state/use-act.ts";
import { useVault } from "../state/vault.ts";
import { codeInPicture } from "./picture.ts";
import { isVerificationCode } from "./qr-bytes.ts";
import { TimeLeft } from "./time-left.tsx";
import { useCamera } from "./use-camera.ts";

/** Reads the other device's code: with a camera, from a picture file, or from a pasted picture. */
export function Scan({ view, onBack }: { readonly view: VerificationView; readonly onBack: () => void }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const { busy, error, run } = useAct();
  const [filming, setFilming] = useState(false);
  const [problem, setProblem] = useState<MessageId | null>(null);
  const { flowId } = view;

  const take = useCallback(
    (bytes: Uint8Array): void => {
      if (!isVerificationCode(bytes)) return setProblem("verify.scan.foreign");
      setProblem(null);
      setFilming(false);
      void run(() => vault.link.call("scanQr", { flowId, data: bytes }));
    },
    [vault, flowId, run],
  );
  const takePicture = useCallback(
    async (picture: Blob): Promise<void> => {
      const found = await codeInPicture(picture);
      if (found.kind === "code") take(found.bytes);
      else setProblem(found.kind === "nothing" ? "verify.scan.nothing" : "verify.scan.notPicture");
    },
    [take],
  );
  const { state: camera, video } = useCamera(filming, take);
  usePastedPicture(takePicture);

  return (
    <Step
      title={say("verify.scan.title")}
      lead={say(camera === "absent" ? "verify.scan.textNoCamera" : "verify.scan.text")}
      back={{ label: say("verify.scan.back"), go: onBack }}
      aside={<TimeLeft until={view.expiresAt} />}
    >
      {camera !== "absent" && camera !== "unknown" && (
        <div className="camera">
          <video
            ref={video}
            className="camera__picture"
            muted
            playsInline
            aria-label={say("verify.scan.camera")}
            hidden={camera !== "on"}
          />
          {camera !== "on" && (
            <Button icon={Camera} look="primary" isDisabled={busy || camera === "starting"} onPress={() => setFilming(true)}>
              {say(camera === "starting" ? "verify.scan.cameraStarting" : "verify.scan.cameraStart")}
            </Button>
          )}
        </div>
      )}
      {camera === "on" && filming && problem === null && (
        <p className="muted" role="status">
          {say("verify.scan.looking")}
        </p>
      )}
      {camera === "refused" && (
        <Note tone="warn" live>
          {say("verify.scan.cameraRefused")}
        </Note>
      )}
      <DropZone
        label={say("verify.scan.file")}
        icon={ImageUp}
        button={say("verify.scan.file")}
        hint={say("verify.scan.paste", { keys: shortcutText({ mod: true, key: "v" }) })}
        types={["image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp"]}
        disabled={busy}
        onFile={(file) => void takePicture(file)}
      />
      {problem !== null && (
        <Note tone="warn" live>
          {say(problem)}
        </Note>
      )}
      {busy && <p role="status">{say("verify.scan.checking")}</p>}
      {error !== null && !busy && <ErrorNote code={error} />}
    </Step>
  );
}

/** Takes pictures from the clipboard while it is mounted. */
function usePastedPicture(take: (picture: Blob) => Promise<void>): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const files = Array.from(event.clipboardData?.files ?? []);
      const picture = files.find(({ type }) => type.startsWith("image/")) ?? files[0];
      if (picture === undefined) return;
      event.preventDefault();
      void take(picture);
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, [take]);
}

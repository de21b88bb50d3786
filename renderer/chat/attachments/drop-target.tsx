import { FileUp } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useSay } from "../../ui/text.tsx";
import { useSession } from "../state/session.ts";
import "./attachments.css";

/** Files that are dragged onto the window go to the open room. */
export function DropTarget({ roomId, name }: { readonly roomId: string; readonly name: string }): ReactNode {
  const say = useSay();
  const { attachments } = useSession();
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  useEffect(() => {
    const controller = new AbortController();
    const on = (type: "dragenter" | "dragleave" | "dragover" | "drop", listener: (event: DragEvent) => void): void =>
      window.addEventListener(
        type,
        (event) => {
          if (!carriesFiles(event)) return;
          event.preventDefault();
          listener(event);
        },
        { signal: controller.signal },
      );
    const count = (change: number): void => {
      depth.current = Math.max(0, depth.current + change);
      setOver(depth.current > 0);
    };
    on("dragenter", () => count(1));
    on("dragleave", () => count(-1));
    on("dragover", (event) => {
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
    });
    on("drop", (event) => {
      count(-depth.current);
      attachments.stage(roomId, droppedFiles(event));
    });
    return () => controller.abort();
  }, [attachments, roomId]);
  if (!over) return null;
  return (
    <div className="drop-target">
      <div className="drop-target__box">
        <FileUp className="icon" size={28} aria-hidden />
        <span>{say("media.drop", { room: name })}</span>
      </div>
    </div>
  );
}

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

/** Folders are left out: they cannot be sent. */
function droppedFiles(event: DragEvent): File[] {
  return [...(event.dataTransfer?.items ?? [])].flatMap((item) => {
    const file = item.kind === "file" && item.webkitGetAsEntry()?.isDirectory !== true ? item.getAsFile() : null;
    return file === null ? [] : [file];
  });
}

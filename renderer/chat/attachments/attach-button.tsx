import { Paperclip } from "lucide-react";
import { useRef, type ReactNode } from "react";
import { IconButton } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { useSession } from "../state/session.ts";

/** Lets a person choose files for a room. */
export function AttachButton({ roomId }: { readonly roomId: string }): ReactNode {
  const say = useSay();
  const { attachments } = useSession();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton icon={Paperclip} label={say("media.attach")} preventFocusOnPress onPress={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={say("media.attach")}
        onChange={(event) => {
          attachments.stage(roomId, [...(event.currentTarget.files ?? [])]);
          // The same file can be chosen again.
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

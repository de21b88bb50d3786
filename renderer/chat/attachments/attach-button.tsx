import { ChartBarBig, Paperclip, Plus } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { Menu, MenuTrigger, Popover } from "react-aria-components";
import { IconButton } from "../../ui/button.tsx";
import { MenuEntry } from "../../ui/menu-entry.tsx";
import { useSay } from "../../ui/text.tsx";
import { NewPoll } from "../polls/new-poll.tsx";
import { useSession } from "../state/session.ts";

/** What can be put into a room besides text: files that a person chooses, and polls. */
export function AttachButton({ roomId }: { readonly roomId: string }): ReactNode {
  const say = useSay();
  const { attachments } = useSession();
  const input = useRef<HTMLInputElement>(null);
  const [polling, setPolling] = useState(false);
  return (
    <>
      <MenuTrigger>
        <IconButton icon={Plus} label={say("poll.attach")} />
        <Popover className="popover" placement="top start" offset={4}>
          <Menu className="menu" onAction={(key) => (key === "poll" ? setPolling(true) : input.current?.click())}>
            <MenuEntry id="files" icon={Paperclip} text={say("media.attach")} />
            <MenuEntry id="poll" icon={ChartBarBig} text={say("poll.new")} />
          </Menu>
        </Popover>
      </MenuTrigger>
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
      {polling && <NewPoll roomId={roomId} onClose={() => setPolling(false)} />}
    </>
  );
}

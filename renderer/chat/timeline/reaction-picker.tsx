import { SmilePlus } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog, DialogTrigger, Popover } from "react-aria-components";
import { IconButton } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { EmojiPicker } from "../emoji/emoji-picker.tsx";

type PickerProps = {
  readonly isOpen: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly onPick: (key: string) => void;
};

export function ReactionPicker({ isOpen, onOpenChange, onPick }: PickerProps): ReactNode {
  const say = useSay();
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={onOpenChange}>
      <IconButton icon={SmilePlus} label={say("tools.react")} size="small" />
      <Popover className="popover" placement="top end" offset={6}>
        <Dialog className="dialog" aria-label={say("item.addReaction")}>
          {({ close }) => (
            <EmojiPicker
              onPick={(key) => {
                close();
                onPick(key);
              }}
            />
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

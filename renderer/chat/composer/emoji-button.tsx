import { Smile } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog, DialogTrigger, Popover } from "react-aria-components";
import { IconButton } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { EmojiPicker } from "../emoji/emoji-picker.tsx";

type ButtonProps = { readonly onPick: (glyph: string) => void };

/** Opens the emoji beside the field. */
export function EmojiButton({ onPick }: ButtonProps): ReactNode {
  const say = useSay();
  return (
    <DialogTrigger>
      <IconButton icon={Smile} label={say("emoji.insert")} />
      <Popover className="popover" placement="top end" offset={8}>
        <Dialog className="dialog" aria-label={say("emoji.insert")}>
          {({ close }) => (
            <EmojiPicker
              onPick={(glyph) => {
                close();
                onPick(glyph);
              }}
            />
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

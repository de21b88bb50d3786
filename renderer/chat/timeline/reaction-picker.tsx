import { SmilePlus } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { IconButton } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { MORE_REACTIONS } from "./emoji.ts";

type PickerProps = { readonly onPick: (key: string) => void; readonly onOpenChange?: (open: boolean) => void };

export function ReactionPicker({ onPick, onOpenChange }: PickerProps): ReactNode {
  const say = useSay();
  return (
    <DialogTrigger {...(onOpenChange === undefined ? {} : { onOpenChange })}>
      <IconButton icon={SmilePlus} label={say("tools.react")} size="small" />
      <Popover className="popover" placement="top end" offset={6}>
        <Dialog className="dialog emoji-grid" aria-label={say("item.addReaction")}>
          {({ close }) =>
            MORE_REACTIONS.map((key) => (
              <AriaButton
                key={key}
                className="emoji-grid__cell"
                aria-label={say("tools.reactWith", { emoji: key })}
                onPress={() => {
                  close();
                  onPick(key);
                }}
              >
                {key}
              </AriaButton>
            ))
          }
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

import type { ContextMenuParams, MenuItemConstructorOptions } from "electron";

type Pressed = Pick<ContextMenuParams, "isEditable" | "selectionText" | "editFlags">;

/** What a right click offers where the page has no menu of its own: that of every text. Nothing for a place without text. What a field does not allow, such as copying a password, is there and cannot be pressed. */
export function contextMenuFor({ isEditable, selectionText, editFlags }: Pressed): readonly MenuItemConstructorOptions[] {
  if (isEditable) {
    return [
      { role: "undo", enabled: editFlags.canUndo },
      { role: "redo", enabled: editFlags.canRedo },
      { type: "separator" },
      { role: "cut", enabled: editFlags.canCut },
      { role: "copy", enabled: editFlags.canCopy },
      { role: "paste", enabled: editFlags.canPaste },
      { role: "pasteAndMatchStyle", enabled: editFlags.canPaste },
      { type: "separator" },
      { role: "selectAll", enabled: editFlags.canSelectAll },
    ];
  }
  return selectionText.trim() === "" ? [] : [{ role: "copy", enabled: editFlags.canCopy }];
}

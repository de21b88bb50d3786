import type { PageNotice } from "./page-ipc.ts";
import type { PageKey } from "./page-wire.ts";

/** A key as Electron's `before-input-event` tells of it. */
export function toInput(key: PageKey): object {
  const { type, code, control, shift, alt, meta, isAutoRepeat } = key;
  return { type, key: key.key, code, control, shift, alt, meta, isAutoRepeat, isComposing: false, location: 0, modifiers: [] };
}

/** A right click as Electron's `context-menu` tells of it. */
export function toContextMenu({ x, y, selection, link, editable }: Extract<PageNotice, { readonly t: "context-menu" }>): object {
  const canCopy = selection !== "";
  const editFlags = {
    canUndo: editable,
    canRedo: editable,
    canCut: editable && canCopy,
    canCopy,
    canPaste: editable,
    canDelete: editable && canCopy,
    canSelectAll: editable,
    canEditRichly: false,
  };
  return { x, y, selectionText: selection, linkURL: link, isEditable: editable, editFlags };
}

import { expect, test } from "vitest";
import { contextMenuFor } from "./context-menu.ts";

const all = {
  canUndo: true,
  canRedo: true,
  canCut: true,
  canCopy: true,
  canPaste: true,
  canDelete: true,
  canSelectAll: true,
  canEditRichly: false,
};
const roles = (pressed: Parameters<typeof contextMenuFor>[0]): unknown[] => contextMenuFor(pressed).map(({ role, type }) => role ?? type);

test("a field has the menu of every text field", () => {
  expect(roles({ isEditable: true, selectionText: "", editFlags: all })).toEqual([
    "undo",
    "redo",
    "separator",
    "cut",
    "copy",
    "paste",
    "pasteAndMatchStyle",
    "separator",
    "selectAll",
  ]);
});

test("selected text can be copied; elsewhere there is no menu", () => {
  expect(roles({ isEditable: false, selectionText: "word", editFlags: all })).toEqual(["copy"]);
  expect(roles({ isEditable: false, selectionText: " \n", editFlags: all })).toEqual([]);
});

test("what the field does not allow cannot be pressed: a password is not copied", () => {
  const editFlags = { ...all, canCopy: false, canCut: false };
  const items = contextMenuFor({ isEditable: true, selectionText: "", editFlags });
  expect(items.filter(({ enabled }) => enabled === false).map(({ role }) => role)).toEqual(["cut", "copy"]);
});

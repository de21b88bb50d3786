/** Key files, in the vault. */
export const vaultKeysMessages = {
  "keys.export.title": "Export keys",
  "keys.export.text":
    "The keys of all messages that this device can read go into a file. Whoever opens it can read them, so a passphrase locks it.",
  "keys.export.instead": "To get back in after losing a device, recovery does more: it stays up to date by itself.",
  "keys.export.warning": "Without the passphrase nobody can open the file, you included.",
  "keys.export.submit": "Prepare the file",
  "keys.export.working": "Preparing the file…",
  "keys.export.workingText": "Locking takes a moment on purpose: it makes guessing the passphrase slow.",
  "keys.export.ready": "The file is ready",
  "keys.export.readyText":
    "{count, plural, =0 {There are no keys in it yet.} one {One key is in it.} other {# keys are in it.}} Save it, and keep the passphrase somewhere else.",
  "keys.export.save": "Save the file",
  "keys.export.saveAgain": "Save it again",
  "keys.export.saved": "Handed over for saving. Look whether it is where you wanted it.",
  "keys.export.file": "bulkhead-keys.txt",

  "keys.import.title": "Import keys",
  "keys.import.text": "From a file that Bulkhead or another Matrix app has exported. Messages that it unlocks appear by themselves.",
  "keys.import.choose": "Choose the file",
  "keys.import.chooseOther": "Choose another file",
  "keys.import.drop": "or drop it here, or paste its text",
  "keys.import.file": "The file",
  "keys.import.fileSize": "{name}, {size}",
  "keys.import.pasted": "Pasted text",
  "keys.import.notKeys": "That is not an export of keys. The first line of one has dashes and the words BEGIN MEGOLM.",
  "keys.import.tooLarge": "That file is too large to be an export of keys.",
  "keys.import.passphrase": "Its passphrase",
  "keys.import.passphraseHint": "The one chosen when it was exported",
  "keys.import.wrong": "That passphrase does not open this file. Nothing was imported; try again.",
  "keys.import.submit": "Import",
  "keys.import.reading": "Reading the file…",
  "keys.import.working": "Importing keys…",
  "keys.import.workingText": "You may close the Vault meanwhile; this goes on.",
  "keys.import.stopped": "Stopped. What was imported so far is kept.",
  "keys.import.done": "Keys imported",
  "keys.import.doneText":
    "{count, plural, =0 {There were no keys in the file.} one {There was one key in the file.} other {There were # keys in the file.}}",
  "keys.import.doneNew":
    "{count, plural, =0 {All of them were here already.} one {One was new or better than what was here.} other {# were new or better than what was here.}}",
} as const;

/** The menu of a message, and what it opens. */
export const messageMenuMessages = {
  "messageMenu.label": "What to do with the message of {sender}",
  "messageMenu.more": "More",
  "messageMenu.copyLink": "Copy link",
  "messageMenu.forward": "Forward…",
  "messageMenu.history": "View edit history",
  "item.copyCode": "Copy code",
  "shortcuts.menu": "Menu of the message",

  "history.title": "Edit history",
  "history.list": "What the message has said, the newest first",
  "history.when": "{day}, {time}",
  "history.current": "As it is now",
  "history.original": "As it was first sent",
  "history.incomplete": "Some versions may be missing. The server could not be asked for them, or there are more than are shown here.",

  "forward.title": "Forward to",
  "forward.placeholder": "Person or room to forward to",
  "forward.message": "Message of {name}",
  "forward.files": "Files of encrypted rooms are forwarded to encrypted rooms only.",
  "forward.filesClear": "Files of rooms without encryption are forwarded only to rooms without it.",
  "forward.confirmTitle": "Forward to {room}?",
  "forward.clear": "{room} is not encrypted. Servers can read what you forward there.",
  "forward.confirm": "Forward",
  "forward.other": "Choose another",
  "forward.notEncrypted": "Not encrypted",
} as const;

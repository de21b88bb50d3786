/** Where a Matrix link leads. */
export const linkMessages = {
  "link.joinTitle": "Join this room?",
  "link.joinText":
    "The link leads to a room that you are not in. If you join, the people and the servers there see that you came. Nobody there has been told yet.",
  "link.personTitle": "Write to this person?",
  "link.personText": "The link leads to someone you have no chat with. Writing starts one and invites them. Nobody has been told yet.",
  "link.personKnown": "You have a chat with this person already.",
  "link.personOpen": "Open the chat",
  "link.signedOut": "This device is signed out, so the link leads no further from here. Sign in, then open it again.",
} as const;

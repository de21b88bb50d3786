/** What is set for a room. */
export const roomMenuMessages = {
  "roomMenu.label": "What to do with {room}",
  "roomMenu.read": "Mark as read",
  "roomMenu.unread": "Mark as unread",
  "roomMenu.favourite": "Add to favourites",
  "roomMenu.unfavourite": "Remove from favourites",
  "roomMenu.notify": "Notify me of",
  "roomMenu.notify.all": "All messages",
  "roomMenu.notify.mentions": "Mentions only",
  "roomMenu.notify.none": "Nothing",
  "roomMenu.notifyHint": "Also in your other apps.",
  "roomMenu.favouriteHint": "Favourites come first in the list.",
  "roomMenu.favouriteTitle": "Favourite",
  "row.favourite": "Favourite",
  "row.marked": "Marked unread",
  "row.notify.mentions": "Notifies of mentions only",
  "row.notify.none": "Muted",
} as const;

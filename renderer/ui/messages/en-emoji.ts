/** Picking emoji. */
export const emojiMessages = {
  "emoji.search": "Search emoji",
  "emoji.groups": "Groups of emoji",
  "emoji.list": "Emoji",
  "emoji.none": "No emoji for “{term}”.",
  "emoji.insert": "Emoji",
  "emoji.suggestions": "Emoji to insert",
  "emoji.group.smileys": "Faces and hearts",
  "emoji.group.people": "People and gestures",
  "emoji.group.nature": "Animals and nature",
  "emoji.group.food": "Food and drink",
  "emoji.group.travel": "Travel and weather",
  "emoji.group.activities": "Activities",
  "emoji.group.objects": "Things",
  "emoji.group.symbols": "Symbols",
  "emoji.group.flags": "Flags",
} as const;

/** Who gets what is written here, where a person asks for more than the rules that always hold. */
export const precautionMessages = {
  "precaution.who": "Who gets keys",
  "precaution.onlyVerified": "Only verified devices",
  "precaution.onlyVerifiedHint":
    "In every room, only people whom you have verified can read what you write from now on, on devices that they have confirmed. The others see why they cannot.",
  "precaution.exchange": "Fetch missing keys from your other devices",
  "precaution.exchangeHint":
    "When a message cannot be opened, this device asks your other verified devices for its key, and it answers when they ask.",
  "precaution.room": "Only verified devices",
  "precaution.roomOff": "Everyone in this room can read what you write. With this on, only people whom you have verified can.",
  "precaution.roomOn":
    "Only people whom you have verified can read what you write, on devices that they have confirmed. The others see why.",
  "precaution.roomEverywhere": "It is on for every room, in the settings. Only people whom you have verified can read what you write.",
  "precaution.personDevices": "What you write in this room is encrypted to those of these devices that are verified.",
  "precaution.settings": "Open settings",
  "precaution.out": "Cannot read it: {names}.",
  "precaution.outThen": "Left out then: {names}.",
  "precaution.partly": "Not on every device: {names}.",
  "precaution.people": "{names} and {count, plural, one {# more} other {# more}}",
  "precaution.you": "you",
  "precaution.bar": "{names} cannot read what you write here: you have not verified them.",
  "precaution.barLabel": "Only verified devices",

  "anyway.action": "Send all the same",
  "anyway.title": "Send this message all the same?",
  "anyway.text":
    "{names} {count, plural, one {has a device} other {have devices}} that they have not confirmed. Whoever uses it will be able to read this message. What you write after it waits again.",
  "anyway.confirm": "Send",

  "askDevices.action": "Ask my other devices",
  "askDevices.asked": "Asked. If one of your devices has the key and gives it, the message opens here.",
} as const;

/** The vault page. */
export const vaultMessages = {
  "vault.name": "Vault",
  "vault.account": "Apart from your messages",
  "vault.loading": "Opening the Vault…",

  "vault.seal": "Your seal",
  "vault.sealLabel": "Your seal: {symbols}",
  "vault.sealExplain": "Only the real Vault can show these five symbols. A window that asks for secrets without them is not Bulkhead's.",
  "vault.sealLocked": "Your seal appears here once the store is unlocked.",
  "vault.sealFirst": "Once your store exists it gets a seal: five symbols that only the real Vault can show you.",

  "vault.create.title": "Choose a passphrase",
  "vault.create.text": "It locks the messages and keys on this computer. You will type it each time Bulkhead starts.",
  "vault.create.warning":
    "Nobody can recover it: not your server, not the makers of Bulkhead. Without it, what is stored here stays locked.",
  "vault.create.passphrase": "Passphrase",
  "vault.create.again": "The same again",
  "vault.create.submit": "Lock with this passphrase",
  "vault.create.working": "Locking the store…",
  "vault.create.differ": "The two are not the same yet.",
  "vault.create.empty": "Four or five unrelated words work well, and are easier to type than symbols.",
  "vault.strength.0": "Too short: make it at least 8 characters.",
  "vault.strength.1": "Weak: it could be guessed. Add a word or two.",
  "vault.strength.2": "Fair: one more word makes it strong.",
  "vault.strength.3": "Strong.",

  "vault.unlock.title": "Unlock your messages",
  "vault.unlock.text": "Type the passphrase that you chose for this computer.",
  "vault.unlock.passphrase": "Passphrase",
  "vault.unlock.submit": "Unlock",
  "vault.unlock.working": "Unlocking…",
  "vault.unlock.failures":
    "{count, plural, one {That was not the passphrase.} other {Not the passphrase, # times now.}} Nothing was changed; try again.",
  "vault.capsLock": "Caps Lock is on.",
  "vault.show": "Show the passphrase",
  "vault.hide": "Hide the passphrase",
  "vault.arming": "The button works as soon as this window has been in front for a moment.",

  "vault.done.created": "Locked. This is your seal",
  "vault.done.createdText": "Take a look at it. From now on every Vault dialog shows these symbols, and nothing else can.",
  "vault.done.unlocked": "Unlocked",
  "vault.done.unlockedText": "Your account is opening.",
  "vault.done.close": "Continue",

  "vault.idle.title": "Nothing to do here",
  "vault.idle.text": "The Vault opens by itself when a secret is needed.",
} as const;

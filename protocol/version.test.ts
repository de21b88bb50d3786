import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Sensitivity } from "./define.ts";
import { contracts, describeContracts, PROTOCOL_VERSION } from "./version.ts";

/** One line a version: what changed. Raise PROTOCOL_VERSION with every change of a contract, then pin the new hash here. */
const history: readonly (readonly [version: number, hash: string, change: string])[] = [
  [1, "43b1e5efcbb11b26e8554f7af3fb89c7862b9672ba794abf0257e61ec383e2fa", "the first five contracts"],
  [2, "7d356b108c1e6537f1d80ca757b6bbed94a5ac015a501ed564a7d4094d557f66", "chat: the outcome of an edit"],
  [3, "846afee9ee59476841ba794b7f2704c4b74b9b01590943367187f4f48b6b5e04", "chat: identity"],
  [4, "09b8858506277907b62c883c6d65ea4b61deb018ba53018aa4b4454e55ea7f6d", "chat: read receipts that only we see"],
  [
    5,
    "a6ba6df4623b3a8cd6b3fdbd16dca2d58b324ad1e869479ff6b3e552fb8081d8",
    "vault: verification, identity, recovery, key files; chat: safety; shell: what the vault is opened for, app lock",
  ],
  [6, "ef8c96d867360cf2bf36ac906aeac2d88a3ed2148edba234e6c3fdd8eec8cbe3", "vault: a person may be asked in a given room"],
  [
    7,
    "7068ab15b399770d180b8d172fdcee559b674b6b5fae1512a6553fecda34e813",
    "shell: the build's commit, the report for the developers; a code for a damaged program",
  ],
  [
    8,
    "264bc93c77d7fbe878fa59d5f6bb3dd091fdf821dec1a422cd777da96a7b99a6",
    "network: a spool for files, uploads and downloads; chat: attachments",
  ],
  [
    9,
    "e6f344d9ccaf2ffc4b4a65fc6322c2875178ef4fe903360a6e721fe12c46855a",
    "chat: drafts, requests to verify in the timeline, the very first sync",
  ],
  [10, "443bf2fa4b6c5a292e569f616004bc4609b5870e2df27aca1c625166324b29dc", "chat: who shared the key of a message"],
  [11, "eb392ab62dd4e7c49c57f51dec6bbc18a2a9c1f8cf8052575d3890e6d60a5b0a", "safety: the dehydrated device; network: its requests"],
  [
    12,
    "413dd9b18742575dade8e4b058332c6e38f862425eef367b565e78346662fc05",
    "shell: updates, and the link that the app was opened with; chat: joining by way of other servers, a room by its alias",
  ],
  [
    13,
    "b9684c945c096f7079ebaed7da89a7de8a75dec622cb22a84e938b7be449c075",
    "chat: keys to verified devices only, sending all the same, asking one's own devices for keys",
  ],
  [
    14,
    "971381684a27ad0e81d923d039dd172dbdc62648ba93b1589c47548a40929b4d",
    "shell: settings for the daily look for updates and for pictures of the screen",
  ],
  [
    15,
    "3456f2ba2a317c0ae64cebda45d492bbd3ad2c6e05836d73c926e9b654180e1a",
    "chat: favourite rooms, rooms marked unread, what is told of in a room",
  ],
  [
    16,
    "b305353ca8b57e9df90014dc6f990b0066da2ce61328ffb7fa09fb226ef3f66c",
    "chat: new names of people in what is shown; reactions say whose they are",
  ],
  [17, "2ee76dbb2900672ae43e719665cc4fad05040b7ab0243b403362549b45fedc5f", "shell: signing in again in the browser after a soft logout"],
  [
    18,
    "0f6ca91074750eceafc6d19b044ab25a83ecb1f442186ddb9522abb83150b850",
    "chat: links to messages, what they said before, passing them on",
  ],
  [
    19,
    "2ca7ff205208d59e5e5c4658c6dae67a805746e90ffc0040a9171478e13d7e75",
    "shell: running without a window, starting with the system, coming forward",
  ],
  [20, "58f25bccb39ac44b40d3e6af54eb38d53721018fa2a91d6c6eaf248f674b21f9", "chat: polls"],
  [21, "c506a4864bab4d64b6480944d6600ecc1bb986fea70f33091c396f403cf65b55", "chat: pinned messages"],
  [22, "83be5ec116093610f33069836746ee3e0635a1ca592f49a04a479df8597e940b", "chat: emoji that were picked lately"],
  [23, "6586a3b030564423fbf294ae18cd8e20ec2893b5c11e18c26cb661526ed6c24b", "shell: nothing to be told of for now"],
];

describe("the wire between the processes", () => {
  it("has the hash that is pinned for its version", () => {
    const hash = createHash("sha256").update(describeContracts()).digest("hex");
    const newest = history.at(-1);
    expect([newest?.[0], newest?.[1]]).toEqual([PROTOCOL_VERSION, hash]);
  });

  it("raises the version by one with each change", () => {
    expect(history.map(([version]) => version)).toEqual(history.map((_entry, index) => index + 1));
    expect(new Set(history.map(([, hash]) => hash)).size).toBe(history.length);
  });
});

/**
 * Every verb of every port and the most that it may carry. A new verb fails this test until someone has decided here; the rule of the house is in
 * docs/security.md: nothing secret on chat, shell or network, and on control only the store key in transit and the session after unlock.
 */
const classified: Readonly<Record<string, Readonly<Record<Sensitivity, string>>>> = {
  chat: {
    public:
      "acceptIdentity account accountChanged answerPoll appendAttachment askOwnDevices beginAttachment cancelSend changePrecautions closeAttachment closeTimeline createRoom devices devicesChanged discardAttachment edit enableEncryption encryptionStatus endPoll forget forward identity invite join kick leave markRead markUnread membersChanged messageLink noteEmoji outcome pinsChanged precautions react redact renameDevice retrySend roomByAlias roomSafety safety safetyChanged saveDraft searchUsers send sendAnyway sendAttachment setBlacklisted setDisplayName setFavourite setPinned setRoomName setRoomNotify setRoomPrecautions setRoomTopic signOutRisk startPoll status statusChanged transfersChanged typing typingChanged",
    plaintext:
      "avatar draft editHistory members namesChanged notification openAttachment openTimeline paginateBack pins readAttachment recentEmoji room rooms roomsChanged search timelineChanged",
    secret: "",
  },
  control: {
    public:
      "close connectPort connectivity createAccount deleteAccount hello receiveSync sessionEnded syncPosition takeStoreKey unread updateSession vaultWanted",
    plaintext: "",
    secret: "newStoreKey openAccount rewrapStoreKey",
  },
  network: { public: "download http spoolAppend spoolList spoolRead spoolRemove transferred upload", plaintext: "", secret: "" },
  shell: {
    public:
      "about appState appStateChanged cancelUpdate changeAppLock changeSettings checkForUpdates closeVault comeForward command connection connectionChanged diagnostics discover installUpdate linkArrived lock loginPassword loginSso logout openExternal openVault quiet quietChanged reauthenticate reauthenticateSso register retryConnection retryOpen saveDiagnostics setAccountAside setQuiet settings settingsChanged takeLink takeVaultIntent updates updatesChanged vaultIntended",
    plaintext: "",
    secret: "",
  },
  vault: {
    public:
      "acceptVerification appendImport beginImport cancelJob cancelTask cancelVerification changePassphrase confirmQrScanned confirmSas createPassphrase describe disableRecovery dismissVerification exportKeys importKeys jobs jobsChanged mismatchSas readExport recover requestVerification resetIdentity restoreBackup safety safetyChanged scanQr setUpIdentity showQr signOutDevices startSas task taskChanged unlock withdrawVerification",
    plaintext: "",
    secret: "changeRecovery enableRecovery seal verifications verificationsChanged",
  },
};

describe("what a port may carry", () => {
  const actual = Object.fromEntries(
    Object.entries(contracts).map(([name, contract]) => {
      const of = (sensitivity: Sensitivity): string =>
        Object.entries(contract)
          .filter(([, verb]) => verb.sensitivity === sensitivity)
          .map(([method]) => method)
          .sort()
          .join(" ");
      return [name, { public: of("public"), plaintext: of("plaintext"), secret: of("secret") }];
    }),
  );

  it("is decided for every verb of every port", () => {
    expect(actual).toEqual(classified);
  });

  it.each(["chat", "network", "shell"])("is never a secret on %s", (name) => {
    expect(actual[name]?.secret).toBe("");
  });

  it("has no verb on the chat port that approves, reveals, exports or resets", () => {
    const forbidden = /verif|confirm|trust|passphrase|recover|export|import|secret|backup|crossSign|reset|token|pickle|key(?!s?Uploaded)/i;
    expect(Object.keys(contracts["chat"] ?? {}).filter((method) => forbidden.test(method))).toEqual([]);
  });
});

import { backups } from "./backup.ts";
import { attachments } from "./attachments.ts";
import { dehydration } from "./dehydration.ts";
import { fallbackKey } from "./fallback-key.ts";
import { firstMessage, slowDeviceLists } from "./first-message.ts";
import { hiddenHistory, historyBeforeTheJoin } from "./history.ts";
import { identityChanges } from "./identity-change.ts";
import { identityResets } from "./identity-reset.ts";
import { keyFiles } from "./key-files.ts";
import { largeRoom } from "./large-room.ts";
import { lateKeys } from "./late-keys.ts";
import { manyDevices } from "./many-devices.ts";
import { neverClear } from "./never-clear.ts";
import { outage } from "./outage.ts";
import { recoveries } from "./recovery.ts";
import { restarts } from "./restarts.ts";
import { rooms } from "./rooms.ts";
import { rotationByCount, rotationOnLeave } from "./rotation.ts";
import type { Scenario } from "./scenario.ts";
import { refusals, sessions } from "./sessions.ts";
import { trustSettings } from "./trust-settings.ts";
import { endedVerifications } from "./verification-ends.ts";
import { qrVerifications } from "./verification-qr.ts";
import { sharedHistories } from "./shared-history.ts";
import { sasVerifications } from "./verification-sas.ts";

/** Every scenario, in the order in which they are best read. */
export const scenarios: readonly Scenario[] = [
  firstMessage,
  slowDeviceLists,
  rooms,
  manyDevices,
  rotationByCount,
  rotationOnLeave,
  historyBeforeTheJoin,
  hiddenHistory,
  ...sharedHistories,
  fallbackKey,
  lateKeys,
  largeRoom,
  neverClear,
  outage,
  sessions,
  refusals,
  ...restarts,
  ...attachments,
  ...sasVerifications,
  ...qrVerifications,
  ...endedVerifications,
  ...identityChanges,
  ...identityResets,
  ...trustSettings,
  ...recoveries,
  ...backups,
  ...keyFiles,
  ...dehydration,
];

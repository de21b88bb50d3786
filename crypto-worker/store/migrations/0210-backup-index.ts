import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 210,
  name: "backup-index",
  statements: [
    // Whoever asks what is not backed up makes it again: where there is no backup, every new room key would write one page more for it.
    `DROP INDEX inbound_group_session_not_backed_up`,
  ],
};

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type SynapseConfiguration = {
  serverName: string;
  port: number;
  /** Address to listen on as the Synapse process sees it; always published on loopback only. */
  bindAddress: string;
  /** The data folder as this program sees it. */
  dataDir: string;
  /** The same folder as the Synapse process sees it (another path in a chroot or a container). */
  innerDataDir: string;
};

/** Writes `homeserver.yaml` (JSON is YAML) and keeps the secrets of an earlier one, so that access tokens survive a restart. */
export function writeConfiguration(configuration: SynapseConfiguration): string {
  mkdirSync(configuration.dataDir, { recursive: true });
  const file = join(configuration.dataDir, "homeserver.yaml");
  const secrets = earlierSecrets(join(configuration.dataDir, "secrets.json"));
  writeFileSync(file, JSON.stringify({ ...settings(configuration), ...secrets }, null, 2));
  return file;
}

function settings({ serverName, port, bindAddress, innerDataDir }: SynapseConfiguration): Record<string, unknown> {
  const inside = (name: string) => `${innerDataDir}/${name}`;
  return {
    server_name: serverName,
    public_baseurl: `http://127.0.0.1:${port}/`,
    listeners: [
      {
        port,
        bind_addresses: [bindAddress],
        type: "http",
        tls: false,
        x_forwarded: false,
        resources: [{ names: ["client"], compress: false }],
      },
    ],
    database: { name: "sqlite3", args: { database: inside("homeserver.db") } },
    media_store_path: inside("media"),
    signing_key_path: inside("signing.key"),
    pid_file: inside("homeserver.pid"),
    // No federation: neither in (listener) nor out.
    federation_domain_whitelist: [],
    trusted_key_servers: [],
    suppress_key_server_warning: true,
    report_stats: false,
    enable_registration: true,
    enable_registration_without_verification: true,
    // The smallest cost that bcrypt knows: the passwords here protect nothing.
    bcrypt_rounds: 4,
    user_directory: { enabled: true, search_all_users: true },
    url_preview_enabled: false,
    max_upload_size: "50M",
    presence: { enabled: false },
    experimental_features: { msc3814_enabled: true },
    ...raisedRateLimits(),
  };
}

function raisedRateLimits(): Record<string, unknown> {
  const raised = { per_second: 100_000, burst_count: 100_000 };
  return {
    rc_message: raised,
    rc_registration: raised,
    rc_registration_token_validity: raised,
    rc_login: { address: raised, account: raised, failed_attempts: raised },
    rc_admin_redaction: raised,
    rc_joins: { local: raised, remote: raised },
    rc_joins_per_room: raised,
    rc_3pid_validation: raised,
    rc_invites: { per_room: raised, per_user: raised, per_issuer: raised },
    rc_third_party_invite: raised,
    rc_media_create: raised,
    rc_presence: { per_user: raised },
    rc_delayed_event_mgmt: raised,
    rc_room_creation: raised,
    rc_reports: raised,
    rc_user_directory: raised,
  };
}

type Secrets = { registration_shared_secret: string; macaroon_secret_key: string; form_secret: string };

function earlierSecrets(file: string): Secrets {
  if (!existsSync(file)) {
    const secret = () => randomBytes(32).toString("base64url");
    const secrets: Secrets = { registration_shared_secret: secret(), macaroon_secret_key: secret(), form_secret: secret() };
    writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, "utf8")) as Secrets;
}

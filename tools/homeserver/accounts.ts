import { createHash, timingSafeEqual } from "node:crypto";
import type { JsonObject } from "./json.ts";
import { MatrixError } from "./matrix-error.ts";

export type Account = { userId: string; passwordHash: Buffer | undefined; profile: Map<string, unknown> };

export class Accounts {
  readonly #accounts = new Map<string, Account>();
  readonly #serverName: string;

  constructor(serverName: string) {
    this.#serverName = serverName;
  }

  /** The full user id of a localpart or of a user id, as login and registration take either. */
  userId(name: string): string {
    return name.startsWith("@") ? name : `@${name.toLowerCase()}:${this.#serverName}`;
  }

  /** Without a password the account can only sign in by SSO. */
  create(name: string, password: string | undefined): Account {
    const userId = this.userId(name);
    if (!/^@[a-z0-9._=/+-]+:[^\s/]+$/.test(userId))
      throw new MatrixError(400, "M_INVALID_USERNAME", "User ID has characters that are not allowed");
    if (this.#accounts.has(userId)) throw new MatrixError(400, "M_USER_IN_USE", "User ID already taken");
    const profile = new Map<string, unknown>([["displayname", userId.slice(1, userId.indexOf(":"))]]);
    const account: Account = { userId, passwordHash: password === undefined ? undefined : hash(password), profile };
    this.#accounts.set(userId, account);
    return account;
  }

  find(userId: string): Account | undefined {
    return this.#accounts.get(userId);
  }

  all(): Iterable<Account> {
    return this.#accounts.values();
  }

  isPassword(userId: string, password: string): boolean {
    const expected = this.#accounts.get(userId)?.passwordHash;
    return expected !== undefined && timingSafeEqual(expected, hash(password));
  }

  changePassword(userId: string, password: string): void {
    const account = this.#accounts.get(userId);
    if (account !== undefined) account.passwordHash = hash(password);
  }

  /** The profile fields that go into a member event. */
  memberProfile(userId: string): JsonObject {
    const profile = this.#accounts.get(userId)?.profile;
    const fields: JsonObject = {};
    for (const field of ["displayname", "avatar_url"]) {
      const value = profile?.get(field);
      if (typeof value === "string" && value !== "") fields[field] = value;
    }
    return fields;
  }
}

// The passwords here protect nothing, and hundreds of registrations must be quick: no slow hash.
function hash(password: string): Buffer {
  return createHash("sha256").update(password).digest();
}

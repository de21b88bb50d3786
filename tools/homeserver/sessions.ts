import { MatrixError } from "./matrix-error.ts";
import { randomId } from "./random.ts";

export type Session = { userId: string; deviceId: string };

type AccessToken = Session & { expiresAt: number | undefined; softLoggedOut: boolean };

export type IssuedTokens = { access_token: string; refresh_token?: string; expires_in_ms?: number };

/** Access, refresh and login tokens. */
export class Sessions {
  readonly #accessTokens = new Map<string, AccessToken>();
  readonly #refreshTokens = new Map<string, Session>();
  readonly #loginTokens = new Map<string, string>();
  readonly accessTokenLifetimeMs: number;

  constructor(accessTokenLifetimeMs: number) {
    this.accessTokenLifetimeMs = accessTokenLifetimeMs;
  }

  /** Issues tokens for a device and ends the ones it had (a login with a known device id replaces its session). */
  issue(session: Session, refreshable: boolean): IssuedTokens {
    this.revokeDevice(session);
    return this.#issue(session, refreshable);
  }

  refresh(refreshToken: string): IssuedTokens {
    const session = this.#refreshTokens.get(refreshToken);
    if (session === undefined) throw new MatrixError(401, "M_UNKNOWN_TOKEN", "Invalid refresh token", { soft_logout: false });
    // The old pair stays valid until the new access token is used, so that a lost response does not end the session.
    return this.#issue(session, true);
  }

  authenticate(token: string | undefined): Session {
    if (token === undefined) throw new MatrixError(401, "M_MISSING_TOKEN", "Missing access token");
    const found = this.#accessTokens.get(token);
    if (found === undefined) throw new MatrixError(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.", { soft_logout: false });
    if (found.softLoggedOut || (found.expiresAt !== undefined && found.expiresAt <= Date.now()))
      throw new MatrixError(401, "M_UNKNOWN_TOKEN", "Access token has expired", { soft_logout: true });
    return found;
  }

  /** Whose token it is, whether or not it is still valid. */
  owner(token: string | undefined): Session | undefined {
    return token === undefined ? undefined : this.#accessTokens.get(token);
  }

  revokeDevice({ userId, deviceId }: Session): void {
    for (const tokens of [this.#accessTokens, this.#refreshTokens])
      for (const [token, owner] of tokens) if (owner.userId === userId && owner.deviceId === deviceId) tokens.delete(token);
  }

  /** The device's access tokens answer M_UNKNOWN_TOKEN with soft_logout from now on; its refresh tokens still work. */
  softLogOut(userId: string, deviceId?: string): void {
    for (const token of this.#accessTokens.values())
      if (token.userId === userId && (deviceId === undefined || token.deviceId === deviceId)) token.softLoggedOut = true;
  }

  issueLoginToken(userId: string): string {
    const token = `login_${randomId(24)}`;
    this.#loginTokens.set(token, userId);
    return token;
  }

  redeemLoginToken(token: string): string {
    const userId = this.#loginTokens.get(token);
    if (userId === undefined) throw new MatrixError(403, "M_FORBIDDEN", "Invalid login token");
    this.#loginTokens.delete(token);
    return userId;
  }

  #issue(session: Session, refreshable: boolean): IssuedTokens {
    const access = `access_${randomId(32)}`;
    const expiresAt = refreshable ? Date.now() + this.accessTokenLifetimeMs : undefined;
    this.#accessTokens.set(access, { userId: session.userId, deviceId: session.deviceId, expiresAt, softLoggedOut: false });
    if (!refreshable) return { access_token: access };
    const refresh = `refresh_${randomId(32)}`;
    this.#refreshTokens.set(refresh, { userId: session.userId, deviceId: session.deviceId });
    return { access_token: access, refresh_token: refresh, expires_in_ms: this.accessTokenLifetimeMs };
  }
}

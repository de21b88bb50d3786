import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createReadStream, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isSignedBy } from "../../main/updates/feed-signature.ts";
import { type PackageKind, type Release, releaseSchema } from "../../main/updates/release.ts";

/** The packages that update themselves, as the packager names them; deb, rpm, Flatpak and dmg are not in a feed. */
const PACKAGE = /-(\d+\.\d+\.\d+)-(x64|x86_64|arm64|aarch64)\.(AppImage|exe|zip)$/;
const KINDS: Readonly<Record<string, PackageKind>> = { AppImage: "appimage", exe: "nsis", zip: "mac-zip" };

export type FeedFiles = { readonly release: string; readonly signatures: string };

/** What is announced of the packages of a version in a folder. Throws where there is none of them. */
export async function composeRelease(
  folder: string,
  {
    appId,
    channel,
    version,
    issued,
    expires,
  }: Pick<Release, "appId" | "channel" | "version"> & { readonly issued: Date; readonly expires: Date },
): Promise<Release> {
  const found = readdirSync(folder).flatMap((file) => {
    const [, of, arch, extension = ""] = PACKAGE.exec(file) ?? [];
    const kind = KINDS[extension];
    return of === version && kind !== undefined ? [{ file, kind, arch: arch === "arm64" || arch === "aarch64" ? "arm64" : "x64" }] : [];
  });
  if (found.length === 0) throw new Error(`there is no package of ${version} that updates itself in ${folder}`);
  const packages = await Promise.all(
    found.map(async (one) => ({ ...one, size: statSync(join(folder, one.file)).size, sha512: await sha512(join(folder, one.file)) })),
  );
  return releaseSchema.parse({
    format: 1,
    appId,
    channel,
    version,
    issued: issued.toISOString(),
    expires: expires.toISOString(),
    packages,
  });
}

/** The channel's file, and its signatures by each of the keys. */
export function signRelease(release: Release, keys: readonly KeyObject[]): FeedFiles {
  const text = `${JSON.stringify(release, null, 2)}\n`;
  const bytes = Buffer.from(text);
  const signatures = `${keys.map((key) => sign(null, bytes, key).toString("base64")).join("\n")}\n`;
  for (const key of keys)
    if (!isSignedBy([publicKeyOf(key)], bytes, signatures)) throw new Error("the app would not take this signature: is it an Ed25519 key?");
  return { release: text, signatures };
}

/** The raw public key in base64, as `updates.json` wants it. */
export function publicKeyOf(key: KeyObject): string {
  const { x } = createPublicKey(key).export({ format: "jwk" });
  if (x === undefined) throw new Error("not an Ed25519 key");
  return Buffer.from(x, "base64url").toString("base64");
}

/** In PEM, and encrypted where there is a passphrase. */
export function newPrivateKey(passphrase: string | undefined): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  return privateKey
    .export({ format: "pem", type: "pkcs8", ...(passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase }) })
    .toString();
}

export function readPrivateKey(pem: string, passphrase: string | undefined): KeyObject {
  const key = createPrivateKey({ key: pem, format: "pem", ...(passphrase === undefined ? {} : { passphrase }) });
  if (key.asymmetricKeyType !== "ed25519") throw new Error("not an Ed25519 key");
  return key;
}

async function sha512(path: string): Promise<string> {
  const hash = createHash("sha512");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("base64");
}

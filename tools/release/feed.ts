// `npm run feed -- new-key --key=FILE` makes a key for signing updates, `npm run feed -- sign --key=FILE --packages=DIR [--channel=stable] [--days=90]` announces
// the packages in a folder. Keys stay outside of the repository; `BULKHEAD_FEED_PASSPHRASE` encrypts and opens them. Docs: docs/releasing.md.
import { readFileSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { parseArgs } from "node:util";
import { identity } from "../../build/packaging/identity.ts";
import { composeRelease, newPrivateKey, publicKeyOf, readPrivateKey, signRelease } from "./signed-feed.ts";

const root = join(import.meta.dirname, "..", "..");
const passphrase = process.env["BULKHEAD_FEED_PASSPHRASE"];
const DAY_MS = 86_400_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    key: { type: "string", multiple: true, default: [] },
    packages: { type: "string" },
    channel: { type: "string", default: "stable" },
    days: { type: "string", default: "90" },
  },
});
const keyFiles = values.key.map((file) => resolve(file));
for (const file of keyFiles) if (isInRepository(file)) fail(`${file} is in the repository, where a key must not be`);

switch (positionals[0]) {
  case "new-key": {
    const [file] = keyFiles;
    if (file === undefined) fail("--key=FILE says where the key is to be written");
    if (passphrase === undefined || passphrase === "")
      fail("BULKHEAD_FEED_PASSPHRASE is missing: whoever reads the key can announce anything");
    const pem = newPrivateKey(passphrase);
    // Fails where there is a file already: a key that was overwritten is a feed that nobody can sign any more.
    writeFileSync(file, pem, { mode: 0o600, flag: "wx" });
    console.log(`Public key: ${publicKeyOf(readPrivateKey(pem, passphrase))}`);
    break;
  }
  case "sign": {
    if (keyFiles.length === 0 || values.packages === undefined) fail("--key=FILE and --packages=DIR are needed");
    const days = Number(values.days);
    if (!(days >= 1 && days <= 400)) fail("--days is between 1 and 400");
    const { version }: { readonly version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const { appId } = identity;
    const { channel } = values;
    const issued = new Date();
    const expires = new Date(issued.getTime() + days * DAY_MS);
    const release = await composeRelease(values.packages, { appId, channel, version, issued, expires });
    const keys = keyFiles.map((file) => readPrivateKey(readFileSync(file, "utf8"), passphrase));
    const files = signRelease(release, keys);
    writeFileSync(join(values.packages, `${channel}.json`), files.release);
    writeFileSync(join(values.packages, `${channel}.json.sig`), files.signatures);
    console.log([`${version} on ${channel}, until ${release.expires}:`, ...release.packages.map(({ file }) => `  ${file}`)].join("\n"));
    break;
  }
  default:
    fail("what to do is `new-key` or `sign`");
}

/** Another drive of Windows has no relative path to it. */
function isInRepository(file: string): boolean {
  const path = relative(root, file);
  return path.split(sep)[0] !== ".." && !isAbsolute(path);
}

function fail(why: string): never {
  console.error(why);
  process.exit(1);
}

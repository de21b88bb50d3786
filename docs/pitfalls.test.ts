import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const text = readFileSync(join(import.meta.dirname, "pitfalls.md"), "utf8");

/** File and title of every test that the tables name. */
const named = [...text.matchAll(/`([\w/-]+)` › (.+?)(?= <br> `| \|$)/gm)].map((match) => [match[1] ?? "", match[2] ?? ""] as const);

function fileOf(name: string): string | undefined {
  return [".", "crypto-worker", "crypto-worker/machine"]
    .map((folder) => join(folder, `${name}.test.ts`))
    .find((file) => existsSync(join(root, file)));
}

describe("the table of pitfalls", () => {
  test("names tests in every row, or says why there is none", () => {
    expect(named.length).toBeGreaterThan(100);
    const rows = text.split("\n").filter((line) => line.startsWith("| ") && !/^\| (-|fault |result |there |point )/.test(line));
    for (const row of rows) expect(row.split(" | ").at(-1)?.length, row).toBeGreaterThan(15);
    // Nine faults of the other machine, fifteen points: none is left out.
    expect(
      text
        .split("## Where matrix-sdk-crypto")[1]
        ?.split("\n## ")[0]
        ?.match(/^\| (?!-|there)/gm),
    ).toHaveLength(9);
    expect(text.match(/^\| \d+\. /gm)).toHaveLength(15);
  });

  test("names only tests that exist", () => {
    const missing = named.filter(([file, title]) => {
      const path = fileOf(file);
      if (path === undefined) return true;
      const source = readFileSync(join(root, path), "utf8");
      return !source.includes(JSON.stringify(title)) && !source.includes(`\`${title}\``);
    });
    expect(missing).toEqual([]);
  });
});

/** Product code, without its comments. */
function sources(pattern: string): { readonly file: string; readonly code: string }[] {
  return globSync(pattern, { cwd: root })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => !/\.test\.tsx?$/.test(file))
    .map((file) => ({
      file,
      code: readFileSync(join(root, file), "utf8")
        .replace(/\/\*[\s\S]*?\*\//g, "")
        .replace(/(^|\s)\/\/.*$/gm, "$1"),
    }));
}

const linesWith = (pattern: string, what: RegExp): string[] =>
  sources(pattern).flatMap(({ file, code }) =>
    code
      .split("\n")
      .filter((line) => what.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );

describe("in the sources", () => {
  test("SQL is text of ours: whatever comes from outside is bound", () => {
    const sql = /\b(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|ATTACH|DROP|ALTER)\b/;
    const put = sources("crypto-worker/store/**/*.ts").flatMap(({ file, code }) =>
      [...code.matchAll(/`[^`]*`/g)]
        .filter(([template]) => sql.test(template))
        .flatMap(([template]) => [...template.matchAll(/\$\{([^}]*)\}/g)].map((match) => `${file}: ${match[1] ?? ""}`)),
    );
    expect(put.length).toBeGreaterThan(10);
    // Lists of columns are constants. The rest is a clause, or as many question marks as there are values, that a private helper gets from its own file.
    const odd = put.filter((name) => !/: [A-Z_]+$/.test(name));
    expect(new Set(odd)).toEqual(
      new Set([
        "crypto-worker/store/tables/events.ts: where",
        "crypto-worker/store/tables/send-queue.ts: where",
        "crypto-worker/store/tables/send-queue.ts: marks",
      ]),
    );
    for (const { file, code } of sources("crypto-worker/store/tables/{events,send-queue}.ts"))
      for (const [, argument] of code.matchAll(/\bthis\.#(?:many|count\w*)\(\s*(\S)/g)) expect(argument, file).toMatch(/^["')]$/);
    expect(linesWith("crypto-worker/store/**/*.ts", /"[^"]*\b(SELECT|INSERT INTO|DELETE FROM|PRAGMA)\b[^"]*"\s*\+/)).toEqual([]);
    // Nobody else writes SQL.
    expect(
      linesWith(
        "{crypto-worker/{client,machine,rpc,wire,primitives},main,renderer,preload}/**/*.{ts,tsx}",
        /\bSELECT .* FROM\b|[dD]atabase\.prepare\(/,
      ),
    ).toEqual([]);
  });

  test("chance that can be guessed decides how long to wait, and nothing else", () => {
    const uses = linesWith("{crypto-worker,main,preload,renderer,protocol}/**/*.{ts,tsx}", /Math\.random/);
    expect(
      uses.filter(
        (line) =>
          !/^crypto-worker\/client\/back-off\.ts|#schedule\(Math\.random\(\) \* START_JITTER_MS\)|^main\/matrix\/clock\.ts/.test(line),
      ),
    ).toEqual([]);
    // What main's clock gives goes to the three policies of waiting.
    expect(
      linesWith("main/**/*.ts", /\brandom\(\)/).filter(
        (line) => !/decideRetry\(|stepConnectivity\(|decideWait\(|: random\(\): number;|Math\.random/.test(line),
      ),
    ).toEqual([]);
  });

  test("libolm's descriptions of sessions are asked for nowhere", () => {
    expect(linesWith("crypto-worker/primitives/**/*.ts", /\.describe\(/)).toEqual([]);
  });

  test("no address in a message is sent to anybody for a preview", () => {
    expect(linesWith("{crypto-worker,main,preload,renderer,protocol}/**/*.{ts,tsx}", /preview_?url|url_?preview/i)).toEqual([]);
  });

  test("MACs, hashes of files and secrets are compared in constant time", () => {
    const compared = linesWith(
      "crypto-worker/**/*.ts",
      /\b(mac|digest\(\)|checkMac\([^)]*\)|hmac\w*\([^)]*\)|privateKey|passphrase)\)? (===|!==) (?!undefined|null|"|0\b)/i,
    );
    expect(compared.filter((line) => !/\.mac (===|!==)|method === choice\.mac/.test(line))).toEqual([]);
    const users = [
      "machine/secret-storage/secret-storage-key",
      "machine/attachments/attachment-decryptor",
      "machine/megolm/room-key-file",
      "primitives/sas",
      "client/key-files/key-file-reader",
    ];
    for (const user of users) expect(linesWith(`crypto-worker/${user}.ts`, /\bconstantTimeEqual\(/), user).not.toEqual([]);
    expect(linesWith("crypto-worker/primitives/secret.ts", /\btimingSafeEqual\(/)).not.toEqual([]);
  });
});

import { beforeAll, expect, test } from "vitest";
import { must } from "../../tests/support/megolm-world.ts";
import { Account } from "./account.ts";
import { soloCrew, type Crew } from "./crew/crew.ts";
import { verifySignature } from "./ed25519.ts";
import { loadOlm } from "./olm-library.ts";
import { PickleCipher } from "./olm-pickle.ts";

const KEY = new Uint8Array(32).fill(3);
const CIPHER = new PickleCipher(KEY);
const TEXTS = ["", "text", '{"key":"ä😀"}', "long ".repeat(500)];

beforeAll(loadOlm);

/** The same account without what only we know of it, as libolm knows it. */
const asLibolmHasIt = (account: Account): Account => must(Account.unpickle(account.pickle(CIPHER), KEY));

test("an account signs with its seed as libolm signs without", () => {
  using account = Account.create();
  using again = must(Account.unpickle(account.pickle(CIPHER), KEY, account.signingSeed));
  using plain = asLibolmHasIt(account);
  expect(account.signingSeed).toHaveLength(32);
  expect(again.signingSeed).toEqual(account.signingSeed);
  expect(plain.signingSeed).toBeUndefined();
  const signatures = TEXTS.map((text) => plain.sign(text));
  expect(TEXTS.map((text, at) => verifySignature(plain.identityKeys.ed25519, text, signatures[at] ?? ""))).toEqual(TEXTS.map(() => true));
  for (const one of [account, again]) expect(TEXTS.map((text) => one.sign(text))).toEqual(signatures);
});

test("many at once, whether there is a seed or not", () => {
  const asked: string[] = [];
  const crew: Crew = {
    isWorthwhile: () => true,
    run: (task, shared, pieces) => {
      asked.push(task);
      return soloCrew.run(task, shared, pieces);
    },
  };
  using account = Account.create();
  using plain = asLibolmHasIt(account);
  expect([...plain.signAll(crew, TEXTS)]).toEqual(TEXTS.map((text) => plain.sign(text)));
  expect(asked).toEqual([]);
  expect([...account.signAll(crew, TEXTS)]).toEqual([...plain.signAll(crew, TEXTS)]);
  expect(asked).toEqual(["sign"]);
});

test("a seed of another account signs nothing", () => {
  using account = Account.create();
  using other = Account.create();
  using mixed = must(Account.unpickle(account.pickle(CIPHER), KEY, other.signingSeed));
  expect(() => mixed.sign("text")).toThrow("another account's");
});

test("what is made and published is in the pickle", () => {
  using account = Account.create();
  account.generateOneTimeKeys(3);
  account.generateFallbackKey();
  account.generateOneTimeKeys(2);
  using unpublished = asLibolmHasIt(account);
  expect(unpublished.unpublishedOneTimeKeys()).toEqual(account.unpublishedOneTimeKeys());
  expect(unpublished.unpublishedFallbackKey()).toEqual(account.unpublishedFallbackKey());
  expect(unpublished.unpublishedOneTimeKeys()).toHaveLength(5);
  account.markKeysAsPublished();
  using published = asLibolmHasIt(account);
  expect([published.unpublishedOneTimeKeys(), published.unpublishedFallbackKey()]).toEqual([[], undefined]);
});

import { describe, expect, test } from "vitest";
import { parseUserId } from "../../../protocol/ids.ts";
import { must } from "../../../tests/support/megolm-world.ts";
import { decideVia } from "./via-servers.ts";

const users = (...ids: string[]) => ids.map((id) => must(parseUserId(id)));
const nobody = (): number => 0;

describe("servers to join by", () => {
  test("the most powerful person's first, then the most populous, three at most", () => {
    const members = users("@a:one.org", "@b:one.org", "@c:two.org", "@d:two.org", "@e:two.org", "@f:three.org", "@g:four.org");
    const levels = new Map<string, number>([
      ["@g:four.org", 100],
      ["@a:one.org", 50],
    ]);
    expect(decideVia(members, (user) => levels.get(user) ?? 0, undefined)).toEqual(["four.org", "two.org", "one.org"]);
    expect(decideVia(members, nobody, undefined)).toEqual(["two.org", "one.org", "four.org"]);
    expect(decideVia(users("@a:one.org"), () => 49, undefined)).toEqual(["one.org"]);
  });

  test("no address, and none that the room shuts out", () => {
    const members = users("@a:10.0.0.1", "@b:10.0.0.1:8448", "@c:[::1]", "@d:evil.org", "@e:sub.evil.org", "@f:good.org:8448");
    expect(decideVia(members, () => 100, { allow: ["*"], deny: ["*evil.org"] })).toEqual(["good.org:8448"]);
    expect(decideVia(members, nobody, { allow: ["g??d.org"] })).toEqual(["good.org:8448"]);
    expect(decideVia(members, nobody, { allow: "*" })).toEqual([]);
    expect(decideVia(members, nobody, {})).toEqual([]);
  });

  test("a pattern that would take an expression for ever is done at once", () => {
    const started = performance.now();
    decideVia(users(`@a:${"a".repeat(200)}.org`), nobody, { allow: Array.from({ length: 5000 }, () => `${"*a".repeat(100)}b`) });
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

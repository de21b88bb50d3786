import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isDeceptive } from "./deceptive.ts";
import { encodeMatrixLink, type MatrixLink, matrixLinkSchema, parseMatrixLink } from "./matrix-link.ts";

const room = (id: string, eventId: string | null = null, via: string[] = []): MatrixLink => ({ kind: "room", room: id, eventId, via });

describe("a Matrix link", () => {
  it.each<[string, MatrixLink]>([
    // The examples of the appendix.
    ["matrix:r/somewhere:example.org", room("#somewhere:example.org")],
    ["matrix:roomid/somewhere:example.org?via=elsewhere.ca", room("!somewhere:example.org", null, ["elsewhere.ca"])],
    ["matrix:r/somewhere:example.org/e/event", room("#somewhere:example.org", "$event")],
    [
      "matrix:roomid/somewhere:example.org/e/event?via=elsewhere.ca&action=join",
      room("!somewhere:example.org", "$event", ["elsewhere.ca"]),
    ],
    ["matrix:u/alice:example.org?action=chat", { kind: "user", userId: "@alice:example.org" }],
    ["https://matrix.to/#/%23somewhere%3Aexample.org", room("#somewhere:example.org")],
    ["https://matrix.to/#/!somewhere%3Aexample.org?via=elsewhere.ca", room("!somewhere:example.org", null, ["elsewhere.ca"])],
    ["https://matrix.to/#/%23somewhere:example.org/%24event%3Aexample.org", room("#somewhere:example.org", "$event:example.org")],
    ["https://matrix.to/#/@alice:example.org", { kind: "user", userId: "@alice:example.org" }],
    // Seen in the wild.
    ["https://matrix.to/#/#somewhere:example.org", room("#somewhere:example.org")],
    ["https://matrix.to/#/@alice:example.org/", { kind: "user", userId: "@alice:example.org" }],
    ["MATRIX:u/alice:example.org", { kind: "user", userId: "@alice:example.org" }],
    ["matrix:room/somewhere:example.org/event/e1", room("#somewhere:example.org", "$e1")],
    ["matrix:user/alice:example.org", { kind: "user", userId: "@alice:example.org" }],
    // Room version 12: an id without a server.
    ["matrix:roomid/8hvSK0yXh4bk?via=a.example&via=b.example:8448", room("!8hvSK0yXh4bk", null, ["a.example", "b.example:8448"])],
    ["matrix:u/alice:example.org#fragment", { kind: "user", userId: "@alice:example.org" }],
    ["matrix:u/alice:%5B::1%5D:8448", { kind: "user", userId: "@alice:[::1]:8448" }],
  ])("%s", (address, link) => {
    expect(parseMatrixLink(address)).toEqual(link);
  });

  it("believes a handful of servers, each once, and passes over what is no server", () => {
    const many = Array.from({ length: 40 }, (_one, n) => `via=s${n}.example`).join("&");
    expect(parseMatrixLink(`matrix:roomid/x:example.org?via=&via=a%20b&via=s0.example&${many}`)).toEqual(
      room("!x:example.org", null, ["s0.example", "s1.example", "s2.example", "s3.example", "s4.example"]),
    );
  });

  it.each([
    "",
    "matrix:",
    "matrix:/",
    "matrix:u/",
    "matrix:u/alice",
    "matrix:r/somewhere",
    "matrix:e/event",
    "matrix:x/alice:example.org",
    "matrix:__proto__/alice:example.org",
    "matrix:u/alice:example.org/e/event",
    "matrix:r/somewhere:example.org/e",
    "matrix:r/somewhere:example.org/e/",
    "matrix:r/somewhere:example.org/u/alice:example.org",
    "matrix:r/somewhere:example.org/e/event/e/another",
    "matrix:r//somewhere:example.org",
    // An authority is reserved.
    "matrix://example.org/u/alice:example.org",
    "matrix:u/%E0%A4%A",
    "matrix:u/alice:example.org%00",
    "matrix:u/alice%20smith:example.org",
    "matrix:u/%E2%80%AEecila:example.org",
    "matrix:r/somewhere:example.org/e/a%0Ab",
    `matrix:u/${"a".repeat(260)}:example.org`,
    `matrix:u/alice:example.org?${"x".repeat(3000)}`,
    "http://matrix.to/#/@alice:example.org",
    "https://matrix.to.evil.example/#/@alice:example.org",
    "https://matrix.to/@alice:example.org",
    "https://matrix.to/#/alice:example.org",
    "https://matrix.to/#/",
    "https://matrix.to/#/@alice:example.org/$event",
    "https://matrix.to/#/!a:b/c",
    "https://evil@matrix.to/#/@alice:example.org",
    "https://example.org/matrix:u/alice:example.org",
    "javascript:alert(1)//matrix:u/alice:example.org",
    "--matrix:u/alice:example.org",
  ])("is not: %s", (address) => {
    expect(parseMatrixLink(address)).toBeUndefined();
  });

  const localpart = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => !isDeceptive(text) && !/[\s:]/u.test(text));
  const server = fc.constantFrom("example.org", "example.org:8448", "[2001:db8::1]", "xn--mnchen-3ya.example");

  it("survives being written as either kind of link", () => {
    fc.assert(
      fc.property(fc.constantFrom("u", "r", "roomid"), localpart, server, fc.option(localpart), (type, name, host, event) => {
        const sigil = { u: "@", r: "#", roomid: "!" }[type] ?? "";
        const id = `${name}:${host}`;
        const eventId = type === "u" ? null : event;
        const wanted: MatrixLink =
          type === "u" ? { kind: "user", userId: `@${id}` } : room(`${sigil}${id}`, eventId === null ? null : `$${eventId}`);
        const encode = encodeURIComponent;
        expect(parseMatrixLink(`matrix:${type}/${encode(id)}${eventId === null ? "" : `/e/${encode(eventId)}`}`)).toEqual(wanted);
        const tail = eventId === null ? "" : `/${encode(`$${eventId}`)}`;
        expect(parseMatrixLink(`https://matrix.to/#/${encode(sigil + id)}${tail}`)).toEqual(wanted);
      }),
    );
  });

  it("is never half read: whatever comes, the answer passes the port's own check, or there is none", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "matrix:",
        "https://matrix.to/#/",
        "u/",
        "r/",
        "roomid/",
        "e/",
        "/",
        "?",
        "#",
        "via=",
        "&",
        "%",
        "%00",
        "@",
        "!",
        "$",
      ),
      fc.constantFrom("example.org", ":", "[::1]", "..", "\\", "\u202e", "\ud800", "__proto__", " "),
      fc.string({ unit: "binary", maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const link = parseMatrixLink(pieces.join(""));
        if (link === undefined) return;
        expect(matrixLinkSchema.parse(link)).toEqual(link);
        expect(isDeceptive(JSON.stringify(link))).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it("writes addresses that are read as what they were written for", () => {
    const links: MatrixLink[] = [
      { kind: "user", userId: "@ada/l?&#%:example.org" },
      room("#harbour/crew:example.org"),
      room("!room", "$a/b+c:example.org", ["example.org", "[::1]:8448"]),
    ];
    for (const link of links) expect(parseMatrixLink(encodeMatrixLink(link))).toEqual(link);
    expect(encodeMatrixLink(room("!r:example.org", "$e", ["example.org"]))).toBe("https://matrix.to/#/!r:example.org/%24e?via=example.org");
  });
});

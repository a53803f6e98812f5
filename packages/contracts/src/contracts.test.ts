import { expect, test } from "vitest";
import { EchoService } from "./api/testing/v1.ts";
import {
  decodeRevision,
  encodeRevision,
  formatName,
  marketOf,
  namePatterns,
  parseName,
  policyOf,
  type Revision,
} from "./index.ts";

test("a name is taken apart and put together", () => {
  const parsed = parseName(namePatterns.listing, "markets/berlin/listings/A.b_~-9");
  expect(parsed).toEqual({ ok: true, ids: { market: "berlin", listing: "A.b_~-9" } });
  expect(formatName(namePatterns.listing, { market: "berlin", listing: "A.b_~-9" })).toBe(
    "markets/berlin/listings/A.b_~-9",
  );
});

test.each([
  "",
  "markets/berlin",
  "markets/berlin/listings/",
  "markets/berlin/listings/x/y",
  "markets/Berlin/listings/x",
  "markets/berlin/parties/x",
  "markets/berlin/listings/-x",
  "markets/berlin/listings/a b",
  "markets/berlin/listings/..",
  "/markets/berlin/listings/x",
  `markets/berlin/listings/${"x".repeat(64)}`,
  `markets/${"b".repeat(41)}/listings/x`,
])("%j is no listing's name", (name) => {
  expect(parseName(namePatterns.listing, name)).toMatchObject({
    ok: false,
    problem: { reason: "NAME_INVALID", expected: namePatterns.listing },
  });
});

test("ids at their longest are accepted", () => {
  const name = `markets/${"b".repeat(40)}/listings/${"x".repeat(63)}`;
  expect(parseName(namePatterns.listing, name).ok).toBe(true);
});

test("a bad id is not formatted into a name", () => {
  expect(() => formatName(namePatterns.party, { market: "berlin", party: "../x" })).toThrow(RangeError);
});

test("the market of a name", () => {
  expect(marketOf("markets/berlin/listings/x")).toBe("berlin");
  expect(marketOf("markets/berlin")).toBe("berlin");
  expect(marketOf("markets/-/listings/x")).toBe("-");
  expect(marketOf("markets/")).toBeUndefined();
  expect(marketOf("markets/BERLIN")).toBeUndefined();
  expect(marketOf("party/berlin")).toBeUndefined();
});

test("a revision survives the round trip, and nothing else is one", () => {
  const feedEpoch = 9_007_199_254_740_993n;
  const revisions: Revision[] = [
    { of: "listing", ordinal: 7, listingId: "x", version: 3n, feedEpoch },
    { of: "feed", feedEpoch, feedSeq: 5n },
  ];
  for (const revision of revisions) expect(decodeRevision(encodeRevision(revision))).toEqual(revision);
  for (const text of ["", "x", "W10", Buffer.from("[1,-1,2]").toString("base64url"), "e".repeat(1_000)]) {
    expect(decodeRevision(text)).toBeUndefined();
  }
});

test("a method's options become its policy", () => {
  expect(policyOf(EchoService.method.echo)).toMatchObject({
    permission: "testing.echo.call",
    access: "PERMISSION",
    marketField: "name",
    latencyP99Ms: 50,
  });
  expect(policyOf(EchoService.method.echoPublic)?.access).toBe("PUBLIC");
});

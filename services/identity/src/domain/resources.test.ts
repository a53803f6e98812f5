import { describe, expect, test } from "vitest";
import { judgeExpiry, lifeMaxMs, stateOf } from "./api-key.ts";
import { nameIn, parsePlaced, parsePrincipal } from "./names.ts";
import { erase, judgeBatch, newParty, rename } from "./party.ts";
import { etagOf, judgeEtag, judgeIssuer, judgeMask } from "./resources.ts";

const now = new Date(1_000_000);
const later = new Date(2_000_000);

describe("an API key", () => {
  test.each([
    ["without end", { expireTime: undefined, revokeTime: undefined }, "ACTIVE"],
    ["before its end", { expireTime: later, revokeTime: undefined }, "ACTIVE"],
    ["at its end", { expireTime: now, revokeTime: undefined }, "EXPIRED"],
    ["revoked", { expireTime: undefined, revokeTime: now }, "REVOKED"],
    ["revoked, then expired", { expireTime: now, revokeTime: now }, "REVOKED"],
  ])("%s", (_, key, state) => expect(stateOf(key, now)).toBe(state));

  test.each([
    [undefined, true],
    [now, false],
    [new Date(now.getTime() + 1), true],
    [new Date(now.getTime() + lifeMaxMs), true],
    [new Date(now.getTime() + lifeMaxMs + 1), false],
  ])("may end at %s: %s", (time, ok) => expect(judgeExpiry(time, now).ok).toBe(ok));
});

describe("names", () => {
  test.each([
    ["serviceAccounts/x", { kind: "serviceAccount", place: "", id: "x" }],
    ["markets/berlin/serviceAccounts/x", { kind: "serviceAccount", place: "berlin", id: "x" }],
    ["markets/berlin/users/u", { kind: "user", place: "berlin", id: "u" }],
    ["users/u", { kind: "user", place: "", id: "u" }],
    ["markets/-/users/u", undefined],
    ["users/", undefined],
    ["users/u/more", undefined],
    ["roles/operator", undefined],
    ["", undefined],
  ])("%s", (name, principal) => expect(parsePrincipal(name)).toEqual(principal));

  test("go together and apart again", () => {
    for (const place of ["", "berlin"]) {
      expect(parsePlaced("apiKeys", nameIn(place, "apiKeys", "k-1"))).toEqual({ place, id: "k-1" });
    }
  });
});

describe("a party", () => {
  const party = newParty("berlin", "ada", "Ada", now);

  test("gets a version with each new name, and none with an equal one", () => {
    const renamed = rename(party, "Ada L.", later);
    expect(renamed).toMatchObject({
      ok: true,
      value: { displayName: "Ada L.", version: 2n, updateTime: later },
    });
    const same = rename(party, "Ada", later);
    expect(same.ok && same.value).toBe(party);
  });

  test("is erased once and for ever", () => {
    const gone = erase(party, later);
    expect(gone).toMatchObject({ state: "ERASED", displayName: "", version: 2n });
    expect(erase(gone, later)).toBe(gone);
    expect(rename(gone, "Ada", later)).toMatchObject({ ok: false, reason: "PARTY_ERASED" });
  });

  test("is named once in a batch", () => {
    expect(judgeBatch([{ partyId: "a" }, { partyId: "b" }]).ok).toBe(true);
    const repeated = judgeBatch([{ partyId: "a" }, { partyId: "a" }]);
    expect(repeated).toMatchObject({ reason: "PARTY_ID_REPEATED", field: "parties[1].party_id" });
  });
});

test("an etag is good until the next version, an empty one always", () => {
  expect(judgeEtag("", { version: 3n }, "r").ok).toBe(true);
  expect(judgeEtag(etagOf(3n), { version: 3n }, "r").ok).toBe(true);
  expect(judgeEtag(etagOf(2n), { version: 3n }, "r")).toMatchObject({
    reason: "ETAG_MISMATCH",
    metadata: { resource: "r" },
  });
});

test("a mask names what can be changed", () => {
  expect(judgeMask([]).ok).toBe(true);
  expect(judgeMask(["display_name"]).ok).toBe(true);
  expect(judgeMask(["display_name", "state"])).toMatchObject({
    reason: "UPDATE_MASK_INVALID",
    metadata: { path: "state" },
  });
});

describe("an issuer", () => {
  const judge = (issuerUri: string, part = {}, httpAllowed = false) =>
    judgeIssuer({ place: "berlin", issuerUri, partyClaim: "", ...part }, httpAllowed).ok;

  test.each([
    ["https://login.example", true],
    ["https://login.example/tenant/", true],
    ["http://login.example", false],
    ["https://login.example/?a", false],
    ["https://login.example/#a", false],
    ["https://u:p@login.example", false],
    ["login.example", false],
    ["file:///etc/passwd", false],
  ])("%s: %s", (uri, ok) => expect(judge(uri)).toBe(ok));

  test("may be plain http in tests, and of the platform without a party claim", () => {
    expect(judge("http://127.0.0.1:1", {}, true)).toBe(true);
    expect(judge("https://login.example", { place: "", partyClaim: "party" })).toBe(false);
    expect(judge("https://login.example", { place: "" })).toBe(true);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeGrant, meshAudience, rightsInPlaceOf, rightsOf } from "./grant.ts";
import { roles } from "./roles.ts";

const anything = () => true;
const wanted = { principal: "users/u", place: "berlin", party: "", audience: meshAudience };
const given = {
  place: "berlin",
  id: "g",
  principal: "users/u",
  role: "marketReader",
  party: "",
  createTime: new Date(0),
};

describe("a grant", () => {
  test.each([
    ["fits", {}, undefined],
    ["platform role in a market", { role: "operator" }, "ROLE_NOT_GRANTABLE"],
    ["market role on the platform", { place: "" }, "ROLE_NOT_GRANTABLE"],
    ["party role without a party", { role: "party" }, "ROLE_NOT_GRANTABLE"],
    ["market role with a party", { party: "ada" }, "ROLE_NOT_GRANTABLE"],
    ["no such role", { role: "owner" }, "ROLE_NOT_FOUND"],
    ["no principal", { principal: "ada" }, "PRINCIPAL_INVALID"],
    ["a key is no principal", { principal: "apiKeys/k" }, "PRINCIPAL_INVALID"],
    ["principal of another market", { principal: "markets/oslo/users/u" }, "PRINCIPAL_INVALID"],
    ["principal of this market", { principal: "markets/berlin/users/u" }, undefined],
  ])("%s", (_, change, reason) => {
    const decision = judgeGrant({ ...given, ...change }, anything);
    expect(decision.ok ? undefined : decision.reason).toBe(reason);
  });

  test("exceeds a giver who lacks one of its permissions", () => {
    const decision = judgeGrant(given, (permission) => permission !== "scoring.models.read");
    expect(decision).toMatchObject({ ok: false, reason: "ROLE_EXCEEDS_CALLER" });
  });
});

describe("the rights of a token", () => {
  test("of party reach are those of grants for that party, whatever else there is", () => {
    const grant = fc.record({
      role: fc.constantFrom(...roles.map((role) => role.id)),
      party: fc.constantFrom("", "ada", "bob"),
    });
    fc.assert(
      fc.property(fc.array(grant, { maxLength: 8 }), fc.constantFrom("", "ada", "bob"), (grants, party) => {
        const decision = rightsOf(grants, { ...wanted, party });
        if (!decision.ok) return;
        const { value } = decision;
        if (party !== "") expect(value.party).toBe(party);
        expect(value.reach).toBe(value.party === "" ? "MARKET" : "PARTY");
        const allowed = grants.filter((one) => one.party === value.party).map((one) => one.role);
        const permissions = roles
          .filter((role) => allowed.includes(role.id))
          .flatMap((role) => role.permissions);
        expect(new Set(value.permissions)).toEqual(new Set(permissions));
      }),
    );
  });

  test.each([
    ["no grants", [], wanted, "NO_GRANT"],
    ["a role that is no more", [{ role: "gone", party: "" }], wanted, "NO_GRANT"],
    [
      "several parties",
      [
        { role: "party", party: "a" },
        { role: "party", party: "b" },
      ],
      wanted,
      "PARTY_REQUIRED",
    ],
    ["another party", [{ role: "party", party: "a" }], { ...wanted, party: "b" }, "NO_GRANT"],
    [
      "one service for staff",
      [{ role: "marketAdmin", party: "" }],
      { ...wanted, audience: "catalog" },
      "AUDIENCE_NOT_ALLOWED",
    ],
  ])("%s", (_, grants, asked, reason) => {
    expect(rightsOf(grants, asked)).toMatchObject({ ok: false, reason });
  });

  test("in place of a party are never more than the caller's", () => {
    const rights = rightsInPlaceOf("berlin", "ada", (permission) => permission === "catalog.kinds.read");
    expect(rights).toEqual({
      reach: "PARTY",
      market: "berlin",
      party: "ada",
      permissions: ["catalog.kinds.read"],
    });
  });
});

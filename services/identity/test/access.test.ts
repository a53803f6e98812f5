import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { ApiKey_State, Reach } from "@marketmesh/contracts/identity/v1";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signedByIdentity } from "./signed-by-identity.ts";
import {
  catalogKey,
  claimsOf,
  type IdentityUnderTest,
  type MarketUnderTest,
  operatorKey,
  refused,
  startIdentity,
} from "./start-identity.ts";

let identity: IdentityUnderTest;
let berlin: MarketUnderTest;
let oslo: MarketUnderTest;

beforeAll(async () => {
  identity = await startIdentity({ IDENTITY_FAILED_EXCHANGES_PER_SECOND: "1000" });
  [berlin, oslo] = await Promise.all([identity.market("berlin"), identity.market("oslo")]);
});
afterAll(() => identity?.[Symbol.asyncDispose]());

const exchange = (value: string, options: { market?: string; party?: string; audience?: string } = {}) =>
  identity.tokens.exchangeToken({ grant: { case: "apiKey", value }, ...options });

/** A service account of a market, with these roles; gives its key's secret. */
async function member(
  market: MarketUnderTest,
  id: string,
  roles: readonly { role: string; party?: string }[] = [],
) {
  const principal = `${market.name}/serviceAccounts/${id}`;
  await market.admin.createServiceAccount({ parent: market.name, serviceAccountId: id });
  for (const { role, party = "" } of roles) {
    await market.admin.createGrant({
      parent: market.name,
      grant: { principal, role: `roles/${role}`, party },
    });
  }
  const { secret, apiKey } = await market.admin.createApiKey({
    parent: market.name,
    apiKey: { serviceAccount: principal },
  });
  return { principal, secret, key: apiKey?.name ?? "" };
}

describe("an exchanged API key", () => {
  test("of the platform gives a token of platform reach", async () => {
    const { accessToken } = await exchange(operatorKey);
    expect(accessToken).toMatchObject({
      principal: "serviceAccounts/operator",
      reach: Reach.PLATFORM,
      permissions: ["*"],
    });
    const claims = claimsOf(accessToken?.token ?? "");
    expect(claims).toMatchObject({
      iss: "marketmesh",
      sub: "serviceAccounts/operator",
      aud: "marketmesh",
      reach: "PLATFORM",
      perms: ["*"],
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(900);
    expect(claims).not.toHaveProperty("mkt");
    expect(claims).not.toHaveProperty("pty");
  });

  test("of a market gives market reach, of a party's account party reach", () => {
    expect(claimsOf(berlin.adminToken)).toMatchObject({ reach: "MARKET", mkt: "berlin" });
    expect(claimsOf(berlin.partyToken)).toMatchObject({ reach: "PARTY", mkt: "berlin", pty: "ada" });
  });

  test("gives a token for one service to services alone", async () => {
    const token = await identity.tokenOf(catalogKey, { audience: "scoring" });
    expect(claimsOf(token)).toMatchObject({
      sub: "serviceAccounts/catalog",
      aud: "scoring",
      reach: "PLATFORM",
    });
    const call = exchange(operatorKey, { audience: "scoring" });
    expect(await refused(call, "PermissionDenied", "AUDIENCE_NOT_ALLOWED")).toEqual({ audience: "scoring" });
    await refused(identity.as(token).listMarkets({}), "Unauthenticated", "AUDIENCE_MISMATCH");
  });

  test("names the party when there are several, and never mixes a party with the whole market", async () => {
    await berlin.admin.batchCreateParties({
      parent: berlin.name,
      parties: [{ partyId: "bob" }, { partyId: "eve" }],
    });
    const bob = `${berlin.name}/parties/bob`;
    const both = await member(berlin, "both", [
      { role: "party", party: berlin.party },
      { role: "party", party: bob },
    ]);
    await refused(exchange(both.secret), "FailedPrecondition", "PARTY_REQUIRED");
    const chosen = await exchange(both.secret, { party: bob });
    expect(claimsOf(chosen.accessToken?.token ?? "")).toMatchObject({ reach: "PARTY", pty: "bob" });
    const eve = exchange(both.secret, { party: `${berlin.name}/parties/eve` });
    expect(await refused(eve, "PermissionDenied", "NO_GRANT")).toMatchObject({ principal: both.principal });
    const mixed = await member(berlin, "mixed", [{ role: "marketReader" }, { role: "party", party: bob }]);
    const wide = claimsOf(await identity.tokenOf(mixed.secret));
    expect(wide).toMatchObject({ reach: "MARKET" });
    expect(wide.perms).not.toContain("allocation.offers.answer");
  });

  test("without a role, or for another market, is refused", async () => {
    const nobody = await member(berlin, "nobody");
    await refused(exchange(nobody.secret), "PermissionDenied", "NO_GRANT");
    const reader = await member(berlin, "reader2", [{ role: "marketReader" }]);
    await refused(exchange(reader.secret, { market: oslo.name }), "PermissionDenied", "NO_GRANT");
    await refused(exchange(reader.secret, { market: "markets/nowhere" }), "PermissionDenied", "NO_GRANT");
    const elsewhere = exchange(reader.secret, { market: berlin.name, party: oslo.party });
    await refused(elsewhere, "PermissionDenied", "NO_GRANT");
  });

  test("is refused alike when malformed, unknown, revoked, expired or of a disabled account", async () => {
    const forged = `mmk_${"A".repeat(43)}`;
    for (const bad of ["mmk_short", forged, operatorKey.slice(0, -1)]) {
      expect(await refused(exchange(bad), "Unauthenticated", "CREDENTIAL_INVALID")).toEqual({});
    }
    const revoked = await member(berlin, "revoked", [{ role: "marketReader" }]);
    expect((await berlin.admin.revokeApiKey({ name: revoked.key })).apiKey?.state).toBe(ApiKey_State.REVOKED);
    await refused(exchange(revoked.secret), "Unauthenticated", "CREDENTIAL_INVALID");

    const expired = await member(berlin, "expired", [{ role: "marketReader" }]);
    await identity.database.background((tx) =>
      tx.execute(
        sql`update api_keys set expire_time = now() - interval '1 second' where service_account = 'expired'`,
      ),
    );
    await refused(exchange(expired.secret), "Unauthenticated", "CREDENTIAL_INVALID");
    expect((await berlin.admin.getApiKey({ name: expired.key })).apiKey?.state).toBe(ApiKey_State.EXPIRED);

    const disabled = await member(berlin, "disabled", [{ role: "marketReader" }]);
    await berlin.admin.disableServiceAccount({ name: disabled.principal });
    await refused(exchange(disabled.secret), "Unauthenticated", "CREDENTIAL_INVALID");
    const another = berlin.admin.createApiKey({
      parent: berlin.name,
      apiKey: { serviceAccount: disabled.principal },
    });
    await refused(another, "FailedPrecondition", "SERVICE_ACCOUNT_DISABLED");
  });

  test("ends its token with itself", async () => {
    const account = await member(berlin, "shortlived", [{ role: "marketReader" }]);
    const expireTime = new Date(Date.now() + 60_000);
    const { secret } = await berlin.admin.createApiKey({
      parent: berlin.name,
      apiKey: { serviceAccount: account.principal, expireTime: timestampFromDate(expireTime) },
    });
    const claims = claimsOf(await identity.tokenOf(secret));
    expect(claims.exp).toBe(Math.floor(expireTime.getTime() / 1_000));
    for (const wrong of [new Date(Date.now() - 1_000), new Date(Date.now() + 11 * 366 * 86_400_000)]) {
      const call = berlin.admin.createApiKey({
        parent: berlin.name,
        apiKey: { serviceAccount: account.principal, expireTime: timestampFromDate(wrong) },
      });
      await refused(call, "InvalidArgument", "EXPIRE_TIME_INVALID");
    }
  });

  test("that keeps failing has to wait", async () => {
    const bad = `mmk_${"B".repeat(42)}A`;
    for (let n = 0; n < 10; n++) await refused(exchange(bad), "Unauthenticated", "CREDENTIAL_INVALID");
    await refused(exchange(bad), "ResourceExhausted", "EXCHANGES_LIMITED");
    expect((await exchange(operatorKey)).accessToken?.principal).toBe("serviceAccounts/operator");
  });

  test("needs a grant in the request", async () => {
    await refused(identity.tokens.exchangeToken({}), "InvalidArgument", "VALIDATION_FAILED");
  });
});

describe("API keys", () => {
  test("show their secret once, even to the same request_id, and never in a list", async () => {
    const account = await member(oslo, "keys", [{ role: "marketReader" }]);
    const requestId = "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5d";
    const request = {
      parent: oslo.name,
      apiKeyId: "one",
      apiKey: { serviceAccount: account.principal },
      requestId,
    };
    const first = await oslo.admin.createApiKey(request);
    expect(first.secret).toMatch(/^mmk_[\w-]{43}$/);
    const repeat = await oslo.admin.createApiKey(request);
    expect(repeat).toMatchObject({ apiKey: first.apiKey, secret: "" });
    await refused(
      oslo.admin.createApiKey({ ...request, requestId: "" }),
      "AlreadyExists",
      "API_KEY_ALREADY_EXISTS",
    );
    const { apiKeys } = await oslo.admin.listApiKeys({
      parent: oslo.name,
      serviceAccount: account.principal,
    });
    expect(apiKeys.map((key) => key.name)).toContain(`${oslo.name}/apiKeys/one`);
    expect(
      JSON.stringify(apiKeys, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
    ).not.toContain(first.secret);
    await refused(
      oslo.admin.getApiKey({ name: `${oslo.name}/apiKeys/two` }),
      "NotFound",
      "API_KEY_NOT_FOUND",
    );
  });

  test("belong to accounts of their own place", async () => {
    const foreign = oslo.admin.createApiKey({
      parent: oslo.name,
      apiKey: { serviceAccount: "serviceAccounts/operator" },
    });
    await refused(foreign, "InvalidArgument", "PRINCIPAL_INVALID");
    const absent = oslo.admin.createApiKey({
      parent: oslo.name,
      apiKey: { serviceAccount: `${oslo.name}/serviceAccounts/none` },
    });
    await refused(absent, "NotFound", "SERVICE_ACCOUNT_NOT_FOUND");
    await refused(oslo.admin.listApiKeys({}), "InvalidArgument", "NAME_INVALID");
    const platform = await identity.operator.listApiKeys({});
    expect(platform.apiKeys.map((key) => key.serviceAccount).sort()).toEqual([
      "serviceAccounts/catalog",
      "serviceAccounts/operator",
    ]);
  });
});

describe("grants", () => {
  const grant = (role: string, principal: string, party = "") => ({
    role: `roles/${role}`,
    principal,
    party,
  });

  test("stay within what their giver holds and where their role belongs", async () => {
    const { admin, name, party } = berlin;
    const principal = `${name}/serviceAccounts/marketReader`;
    const create = (given: ReturnType<typeof grant>, parent = name) =>
      admin.createGrant({ parent, grant: given });
    await refused(create(grant("operator", principal)), "InvalidArgument", "ROLE_NOT_GRANTABLE");
    await refused(create(grant("party", principal)), "InvalidArgument", "ROLE_NOT_GRANTABLE");
    await refused(create(grant("marketReader", principal, party)), "InvalidArgument", "ROLE_NOT_GRANTABLE");
    await refused(create(grant("owner", principal)), "NotFound", "ROLE_NOT_FOUND");
    await refused(create(grant("marketReader", principal)), "AlreadyExists", "GRANT_ALREADY_EXISTS");
    await refused(create(grant("marketReader", "someone")), "InvalidArgument", "PRINCIPAL_INVALID");
    const stranger = grant("marketReader", `${oslo.name}/serviceAccounts/marketReader`);
    await refused(create(stranger), "InvalidArgument", "PRINCIPAL_INVALID");
    const absent = grant("marketReader", `${name}/serviceAccounts/absent`);
    await refused(create(absent), "NotFound", "SERVICE_ACCOUNT_NOT_FOUND");
    const lost = grant("party", principal, `${name}/parties/lost`);
    await refused(create(lost), "NotFound", "PARTY_NOT_FOUND");
    await refused(create(grant("party", principal, oslo.party)), "InvalidArgument", "VALIDATION_FAILED");
  });

  test("can't make anybody more than their giver", async () => {
    const permissions = ["identity.grants.create", "identity.apiKeys.create"];
    await identity.operator.createServiceAccount({ parent: oslo.name, serviceAccountId: "boss" });
    const boss = `${oslo.name}/serviceAccounts/boss`;
    await identity.operator.createGrant({ parent: oslo.name, grant: grant("marketAdmin", boss) });
    const narrow = identity.as(await narrowToken(permissions));
    await refused(
      narrow.createGrant({ parent: oslo.name, grant: grant("marketAdmin", boss) }),
      "PermissionDenied",
      "ROLE_EXCEEDS_CALLER",
    );
    await refused(
      narrow.createApiKey({ parent: oslo.name, apiKey: { serviceAccount: boss } }),
      "PermissionDenied",
      "ROLE_EXCEEDS_CALLER",
    );
  });

  test("are listed, read, and gone once deleted", async () => {
    const { admin, name } = oslo;
    const extra = await member(oslo, "extra");
    const { grant: made } = await admin.createGrant({
      parent: name,
      grantId: "g1",
      grant: grant("marketReader", extra.principal),
    });
    expect(made).toMatchObject({ name: `${name}/grants/g1`, role: "roles/marketReader" });
    expect((await admin.listGrants({ parent: name, principal: extra.principal })).grants).toEqual([made]);
    expect((await admin.getGrant({ name: `${name}/grants/g1` })).grant).toEqual(made);
    expect(await identity.tokenOf(extra.secret)).toBeTruthy();
    await admin.deleteGrant({ name: `${name}/grants/g1` });
    await refused(admin.getGrant({ name: `${name}/grants/g1` }), "NotFound", "GRANT_NOT_FOUND");
    await refused(exchange(extra.secret), "PermissionDenied", "NO_GRANT");
    await refused(
      admin.getGrant({ name: `${berlin.name}/grants/g1` }),
      "PermissionDenied",
      "MARKET_MISMATCH",
    );
  });

  test("of the platform are the operator's to give", async () => {
    const account = { serviceAccountId: "helper", requestId: "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5d" };
    const helperAccount = await identity.operator.createServiceAccount(account);
    expect(await identity.operator.createServiceAccount(account)).toEqual(helperAccount);
    const helper = grant("service", "serviceAccounts/helper");
    const { grant: made } = await identity.operator.createGrant({ grant: helper });
    expect(made?.name).toMatch(/^grants\//);
    await refused(berlin.admin.createGrant({ grant: helper }), "InvalidArgument", "NAME_INVALID");
    await refused(berlin.admin.getGrant({ name: made?.name ?? "" }), "InvalidArgument", "NAME_INVALID");
  });

  test("roles say what they permit, to anybody with a token", async () => {
    const { roles } = await berlin.asParty.listRoles({});
    expect(roles.map((role) => role.name)).toEqual([
      "roles/marketAdmin",
      "roles/marketReader",
      "roles/operator",
      "roles/party",
      "roles/service",
    ]);
    await refused(identity.anonymous.listRoles({}), "Unauthenticated", "TOKEN_MISSING");
  });
});

describe("delegation", () => {
  test("gives a token in place of a party that says who acts, and is on record", async () => {
    const tokens = identity.tokensAs(berlin.adminToken);
    const { accessToken } = await tokens.delegateToken({ party: berlin.party });
    const claims = claimsOf(accessToken?.token ?? "");
    const actor = `${berlin.name}/serviceAccounts/marketAdmin`;
    expect(claims).toMatchObject({
      sub: berlin.party,
      reach: "PARTY",
      mkt: "berlin",
      pty: "ada",
      act: { sub: actor },
    });
    const asParty = identity.as(accessToken?.token ?? "");
    expect((await asParty.listParties({ parent: berlin.name })).parties).toHaveLength(1);
    const { auditEntries } = await berlin.admin.listAuditEntries({
      parent: berlin.name,
      principal: actor,
      pageSize: 1,
    });
    expect(auditEntries[0]).toMatchObject({
      action: "DelegateToken",
      resource: berlin.party,
      details: { jti: claims.jti },
    });
  });

  test("is for those who may, within their market, for parties that exist", async () => {
    const mine = { party: berlin.party };
    await refused(
      identity.tokensAs(berlin.readerToken).delegateToken(mine),
      "PermissionDenied",
      "PERMISSION_MISSING",
    );
    await refused(
      identity.tokensAs(berlin.partyToken).delegateToken(mine),
      "PermissionDenied",
      "PERMISSION_MISSING",
    );
    await refused(
      identity.tokensAs(oslo.adminToken).delegateToken(mine),
      "PermissionDenied",
      "MARKET_MISMATCH",
    );
    const absent = { party: `${berlin.name}/parties/absent` };
    await refused(identity.operatorTokens.delegateToken(absent), "NotFound", "PARTY_NOT_FOUND");
    await refused(identity.tokens.delegateToken(mine), "Unauthenticated", "TOKEN_MISSING");
  });
});

describe("the audit list", () => {
  test("says who did what, the latest first, without any secret", async () => {
    const account = await member(oslo, "audited", [{ role: "marketReader" }]);
    await oslo.admin.revokeApiKey({ name: account.key });
    await oslo.admin.revokeApiKey({ name: account.key });
    for (let n = 0; n < 3; n++)
      await refused(exchange(account.secret), "Unauthenticated", "CREDENTIAL_INVALID");
    const { auditEntries } = await oslo.admin.listAuditEntries({ parent: oslo.name });
    const mine = auditEntries.filter((entry) => entry.resource === account.key);
    expect(mine.map((entry) => entry.action)).toEqual(["UseApiKey", "RevokeApiKey", "CreateApiKey"]);
    expect(mine[0]?.details).toEqual({ refused: "REVOKED" });
    expect(mine[1]).toMatchObject({ principal: `${oslo.name}/serviceAccounts/marketAdmin`, via: "" });
    expect(mine[1]?.requestId).not.toBe("");
    expect(
      JSON.stringify(auditEntries, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
    ).not.toContain("mmk_");
    const platform = await identity.operator.listAuditEntries({});
    expect(platform.auditEntries.every((entry) => entry.name.startsWith("auditEntries/"))).toBe(true);
    expect(platform.auditEntries.some((entry) => entry.action === "Bootstrap")).toBe(true);
  });
});

// No role is this narrow, but the check must not rest on our own table.
function narrowToken(permissions: readonly string[]): Promise<string> {
  return signedByIdentity(identity, { sub: "users/narrow", reach: "PLATFORM", perms: permissions });
}

import { createSigningKey, startTestOidcIssuer, type TestOidcIssuer } from "@marketmesh/testkit";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  claimsOf,
  type IdentityUnderTest,
  type MarketUnderTest,
  refused,
  startIdentity,
} from "./start-identity.ts";

let identity: IdentityUnderTest;
let berlin: MarketUnderTest;
let oslo: MarketUnderTest;
let login: TestOidcIssuer;

const audience = "web-shop";

beforeAll(async () => {
  login = await startTestOidcIssuer();
  identity = await startIdentity({
    IDENTITY_HTTP_ISSUERS_ALLOWED: "true",
    IDENTITY_FAILED_EXCHANGES_PER_SECOND: "1000",
  });
  [berlin, oslo] = await Promise.all([identity.market("berlin"), identity.market("oslo")]);
  await berlin.admin.createIssuer({
    parent: berlin.name,
    issuerId: "login",
    issuer: { issuerUri: login.issuer, audiences: ["mobile", audience], partyClaim: "party_id" },
  });
});
afterAll(async () => {
  await identity?.[Symbol.asyncDispose]();
  await login?.close();
});

const exchange = (value: string, market = berlin.name, party = "") =>
  identity.tokens.exchangeToken({ grant: { case: "idToken", value }, market, party });

describe("an ID token", () => {
  test("of a user who was granted a role gives what the role permits", async () => {
    const token = await login.idToken("user-1", audience);
    const { principal } = await refused(exchange(token), "PermissionDenied", "NO_GRANT");
    expect(principal).toMatch(/^markets\/berlin\/users\/[0-9a-f]{32}$/);
    await berlin.admin.createGrant({
      parent: berlin.name,
      grant: { principal: principal ?? "", role: "roles/marketReader" },
    });
    const { accessToken } = await exchange(token);
    expect(claimsOf(accessToken?.token ?? "")).toMatchObject({
      sub: principal,
      reach: "MARKET",
      mkt: "berlin",
    });
    expect((await identity.as(accessToken?.token ?? "").getMarket({ name: berlin.name })).market?.name).toBe(
      berlin.name,
    );
  });

  test("binds its user to the party that the issuer's claim names, while that takes part", async () => {
    const token = await login.idToken("user-2", audience, { party_id: "ada" });
    expect(claimsOf((await exchange(token)).accessToken?.token ?? "")).toMatchObject({
      reach: "PARTY",
      pty: "ada",
    });
    const absent = await login.idToken("user-2", audience, { party_id: "nobody" });
    await refused(exchange(absent), "PermissionDenied", "NO_GRANT");
    const other = exchange(token, berlin.name, `${berlin.name}/parties/other`);
    await refused(other, "PermissionDenied", "NO_GRANT");
  });

  test("is refused when expired, for others, without subject, or early", async () => {
    const nowS = Math.floor(Date.now() / 1_000);
    const bad = [
      login.idToken("user-1", audience, { exp: nowS - 3_600, iat: nowS - 7_200 }),
      login.idToken("user-1", "another-shop"),
      login.idToken("", audience),
      login.idToken("user-1", audience, { nbf: nowS + 3_600 }),
      login.idToken("user-1", audience, { iss: "https://elsewhere.example" }),
    ];
    for (const token of bad) await refused(exchange(await token), "Unauthenticated", "CREDENTIAL_INVALID");
    await refused(exchange("not.a.token"), "Unauthenticated", "CREDENTIAL_INVALID");
  });

  test("is refused when its signature is another's, of another algorithm, or none", async () => {
    const nowS = Math.floor(Date.now() / 1_000);
    const claims = { iss: login.issuer, sub: "user-1", aud: audience, iat: nowS, exp: nowS + 300 };
    const forger = await createSigningKey("RS256");
    const header = decodeHeader(await login.idToken("user-1", audience));
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: header.kid ?? "" })
      .sign(forger.privateKey);
    await refused(exchange(forged), "Unauthenticated", "CREDENTIAL_INVALID");
    const symmetric = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", kid: header.kid ?? "" })
      .sign(Buffer.alloc(32, 1));
    await refused(exchange(symmetric), "Unauthenticated", "CREDENTIAL_INVALID");
    const unsigned = `${encode({ alg: "none" })}.${encode(claims)}.`;
    await refused(exchange(unsigned), "Unauthenticated", "CREDENTIAL_INVALID");
  });

  test("is refused when it is good but of an algorithm that its issuer is not pinned to", async () => {
    await using strict = await startTestOidcIssuer();
    const issuer = {
      issuerUri: strict.issuer,
      audiences: [audience],
      algorithms: ["ES256"],
      partyClaim: "party_id",
    };
    await oslo.admin.createIssuer({ parent: oslo.name, issuerId: "strict", issuer });
    const token = await strict.idToken("user-1", audience, { party_id: "ada" });
    await refused(exchange(token, oslo.name), "Unauthenticated", "CREDENTIAL_INVALID");
  });

  test("counts in the market that registered its issuer, and in no other", async () => {
    await refused(
      exchange(await login.idToken("user-1", audience), oslo.name),
      "Unauthenticated",
      "CREDENTIAL_INVALID",
    );
    const platform = identity.tokens.exchangeToken({
      grant: { case: "idToken", value: await login.idToken("user-1", audience) },
    });
    await refused(platform, "Unauthenticated", "CREDENTIAL_INVALID");
  });

  test("is unavailable, not invalid, while its issuer can't be asked", async () => {
    const away = await startTestOidcIssuer();
    await oslo.admin.createIssuer({
      parent: oslo.name,
      issuerId: "away",
      issuer: { issuerUri: away.issuer, audiences: [audience] },
    });
    const token = await away.idToken("user-1", audience);
    await away.close();
    const metadata = await refused(exchange(token, oslo.name), "Unavailable", "ISSUER_UNREACHABLE");
    expect(metadata).toEqual({ issuer: `${oslo.name}/issuers/away` });
  });
});

describe("issuers", () => {
  test("of the platform name users in every market, and bind no parties", async () => {
    await using shared = await startTestOidcIssuer();
    const issuer = { issuerUri: shared.issuer, audiences: [audience] };
    const binding = { ...issuer, partyClaim: "party_id" };
    await refused(
      identity.operator.createIssuer({ issuerId: "shared", issuer: binding }),
      "InvalidArgument",
      "ISSUER_INVALID",
    );
    await identity.operator.createIssuer({ issuerId: "shared", issuer });
    const token = await shared.idToken("user-9", audience);
    const { principal } = await refused(exchange(token, oslo.name), "PermissionDenied", "NO_GRANT");
    expect(principal).toMatch(/^users\//);
    await oslo.admin.createGrant({
      parent: oslo.name,
      grant: { principal: principal ?? "", role: "roles/marketReader" },
    });
    expect(claimsOf((await exchange(token, oslo.name)).accessToken?.token ?? "")).toMatchObject({
      mkt: "oslo",
      reach: "MARKET",
    });
    await refused(exchange(token, berlin.name), "PermissionDenied", "NO_GRANT");
    await identity.operator.deleteIssuer({ name: "issuers/shared" });
    await refused(exchange(token, oslo.name), "Unauthenticated", "CREDENTIAL_INVALID");
  });

  test("are plain, registered once, and their staff's own", async () => {
    const { admin, name } = berlin;
    const create = (issuerUri: string, algorithms: string[] = []) =>
      admin.createIssuer({
        parent: name,
        issuerId: "second",
        issuer: { issuerUri, audiences: [audience], algorithms },
      });
    await refused(create("ftp://login.example"), "InvalidArgument", "ISSUER_INVALID");
    await refused(create("https://user@login.example"), "InvalidArgument", "ISSUER_INVALID");
    await refused(create("https://login.example?x=1"), "InvalidArgument", "ISSUER_INVALID");
    await refused(create("https://login.example", ["HS256"]), "InvalidArgument", "VALIDATION_FAILED");
    await refused(create(login.issuer), "AlreadyExists", "ISSUER_ALREADY_EXISTS");
    const { issuers } = await admin.listIssuers({ parent: name });
    expect(issuers).toMatchObject([{ name: `${name}/issuers/login`, algorithms: ["ES256", "RS256"] }]);
    await refused(admin.getIssuer({ name: `${name}/issuers/second` }), "NotFound", "ISSUER_NOT_FOUND");
    await refused(
      oslo.admin.getIssuer({ name: `${name}/issuers/login` }),
      "PermissionDenied",
      "MARKET_MISMATCH",
    );
  });
});

function decodeHeader(token: string): { kid?: string } {
  return JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString());
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

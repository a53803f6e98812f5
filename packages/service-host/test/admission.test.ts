import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { infoOf } from "@marketmesh/rpc";
import { createSigningKey, sign, startTestIssuer, type TestIssuer } from "@marketmesh/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningService, start } from "../src/index.ts";
import { bindEcho } from "./echo.ts";

let issuer: TestIssuer;
let service: RunningService;

beforeAll(async () => {
  issuer = await startTestIssuer();
  service = await start("testing", bindEcho(), { MESH_IDENTITY_URL: issuer.url });
});
afterAll(async () => {
  await service?.close();
  await issuer?.close();
});

const client = () =>
  createClient(EchoService, createConnectTransport({ httpVersion: "2", baseUrl: service.url }));

async function refusal(
  token: string | undefined,
  name = "markets/berlin",
  more: Record<string, string> = {},
) {
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...more };
  const error = await client()
    .echo({ name, text: "x" }, { headers })
    .then(() => undefined, ConnectError.from);
  return (
    error && { code: Code[error.code], reason: infoOf(error)?.reason, metadata: infoOf(error)?.metadata }
  );
}

describe("tokens", () => {
  test("none", async () => {
    expect(await refusal(undefined)).toMatchObject({ code: "Unauthenticated", reason: "TOKEN_MISSING" });
  });

  test("not a token, not even a bearer", async () => {
    expect(await refusal("abc")).toMatchObject({ code: "Unauthenticated", reason: "TOKEN_INVALID" });
    expect(await refusal(undefined, "markets/berlin", { authorization: "Basic eDp5" })).toMatchObject({
      reason: "TOKEN_INVALID",
    });
  });

  test("forged: an unknown key, also under a known kid", async () => {
    const key = await createSigningKey();
    expect(await refusal(await sign(key))).toMatchObject({ reason: "TOKEN_INVALID" });
    const genuine = await issuer.testToken();
    const kid = JSON.parse(Buffer.from(genuine.split(".")[0] as string, "base64url").toString()).kid;
    expect(await refusal(await sign({ ...key, kid }))).toMatchObject({ reason: "TOKEN_INVALID" });
  });

  test("unsigned, and signed with another algorithm", async () => {
    const [, payload] = (await issuer.testToken()).split(".");
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    expect(await refusal(`${none}.${payload}.`)).toMatchObject({ reason: "TOKEN_INVALID" });
  });

  test("changed after it was signed", async () => {
    const [head, payload, signature] = (await issuer.testToken({ market: "paris" })).split(".");
    const claims = JSON.parse(Buffer.from(payload as string, "base64url").toString());
    const changed = Buffer.from(JSON.stringify({ ...claims, mkt: "berlin" })).toString("base64url");
    expect(await refusal(`${head}.${changed}.${signature}`)).toMatchObject({ reason: "TOKEN_INVALID" });
  });

  test("expired", async () => {
    expect(await refusal(await issuer.testToken({ expiresInS: -60 }))).toMatchObject({
      code: "Unauthenticated",
      reason: "TOKEN_EXPIRED",
    });
  });

  test("a stale one does not keep its holder from public methods", async () => {
    const headers = { authorization: `Bearer ${await issuer.testToken({ expiresInS: -60 })}` };
    expect(await client().echoPublic({ text: "x" }, { headers })).toMatchObject({ text: "x" });
  });

  test("for another service", async () => {
    expect(await refusal(await issuer.testToken({ audience: "catalog" }))).toEqual({
      code: "Unauthenticated",
      reason: "AUDIENCE_MISMATCH",
      metadata: { audience: "catalog", expected: "testing" },
    });
  });

  test("good ones are still known while the issuer is away", async () => {
    const other = await startTestIssuer();
    await using rotated = await start("testing", bindEcho(), { MESH_IDENTITY_URL: other.url });
    const rotatedClient = createClient(
      EchoService,
      createConnectTransport({ httpVersion: "2", baseUrl: rotated.url }),
    );
    const echo = async () => {
      const headers = { authorization: `Bearer ${await other.testToken()}` };
      return await rotatedClient.echo({ name: "markets/berlin", text: "x" }, { headers });
    };
    await echo();
    await other.close();
    await echo();
  });

  test("signed with a key that is newer than the keys that the service has loaded", async () => {
    await using other = await startTestIssuer();
    await using rotated = await start("testing", bindEcho(), { MESH_IDENTITY_URL: other.url });
    const transport = createConnectTransport({ httpVersion: "2", baseUrl: rotated.url });
    const call = async () =>
      createClient(EchoService, transport).echo(
        { name: "markets/berlin" },
        { headers: { authorization: `Bearer ${await other.testToken()}` } },
      );
    await other.rotate();
    expect(await call()).toMatchObject({ principal: "users/test" });
  });

  test("while the issuer was never reachable: try again", async () => {
    await using lost = await start("testing", bindEcho(), { MESH_IDENTITY_URL: "http://127.0.0.1:1" });
    const lostClient = createClient(
      EchoService,
      createConnectTransport({ httpVersion: "2", baseUrl: lost.url }),
    );
    const headers = { authorization: `Bearer ${await issuer.testToken()}` };
    const error = await lostClient.echo({ name: "markets/berlin" }, { headers }).catch(ConnectError.from);
    expect((error as ConnectError).code).toBe(Code.Unavailable);
    expect(infoOf(error)).toMatchObject({ reason: "UNREACHABLE", metadata: { target: "identity" } });
  });
});

describe("permissions and markets", () => {
  test.each([
    ["testing.echo.call", true],
    ["testing.echo.*", true],
    ["testing.*", true],
    ["*", true],
    ["testing.echo.write", false],
    ["testing.echo.callx", false],
    ["testing.echo", false],
    ["test*", false],
    ["testing.ech.*", false],
  ])("permission %s lets a call in: %s", async (permission, ok) => {
    const found = await refusal(await issuer.testToken({ market: "berlin", permissions: [permission] }));
    if (ok) expect(found).toBeUndefined();
    else expect(found).toMatchObject({ code: "PermissionDenied", reason: "PERMISSION_MISSING" });
  });

  test("permission is checked before the request is looked at", async () => {
    const token = await issuer.testToken({ market: "berlin", permissions: [] });
    expect(await refusal(token, "nonsense")).toMatchObject({ reason: "PERMISSION_MISSING" });
  });

  test("another market, every market and no market", async () => {
    const token = await issuer.testToken({ market: "berlin" });
    expect(await refusal(token, "markets/paris/listings/1")).toEqual({
      code: "PermissionDenied",
      reason: "MARKET_MISMATCH",
      metadata: { market: "paris" },
    });
    expect(await refusal(token, "markets/-")).toMatchObject({ reason: "MARKET_MISMATCH" });
    expect(await refusal(token, "")).toMatchObject({ code: "InvalidArgument", reason: "NAME_INVALID" });
    expect(await refusal(token, "markets/berlin%2f../paris")).toMatchObject({ reason: "NAME_INVALID" });
  });

  test("platform reach sees any market and all of them", async () => {
    const token = await issuer.testToken();
    expect(await refusal(token, "markets/paris")).toBeUndefined();
    expect(await refusal(token, "markets/-")).toBeUndefined();
  });

  test("a platform method needs platform reach", async () => {
    const headers = { authorization: `Bearer ${await issuer.testToken({ market: "berlin" })}` };
    const error = await client().write({ text: "x" }, { headers }).catch(ConnectError.from);
    expect(infoOf(error)?.reason).toBe("MARKET_MISMATCH");
    const platform = { authorization: `Bearer ${await issuer.testToken()}` };
    expect(await client().write({ text: "x" }, { headers: platform })).toMatchObject({ text: "x" });
  });
});

describe("a service on behalf of a caller", () => {
  const service = () =>
    issuer.testToken({
      audience: "testing",
      principal: "serviceAccounts/other",
      permissions: ["testing.echo.call"],
    });

  test("the permission is the service's, market and principal are the caller's", async () => {
    const caller = await issuer.testToken({ market: "berlin", principal: "users/ann", permissions: [] });
    const headers = { authorization: `Bearer ${await service()}`, "marketmesh-caller": caller };
    expect(await client().echo({ name: "markets/berlin" }, { headers })).toMatchObject({
      principal: "users/ann",
    });
    const elsewhere = await client().echo({ name: "markets/paris" }, { headers }).catch(ConnectError.from);
    expect(infoOf(elsewhere)?.reason).toBe("MARKET_MISMATCH");
  });

  test("nobody from outside may name a caller", async () => {
    const caller = await issuer.testToken({ market: "paris", principal: "users/victim" });
    const found = await refusal(await issuer.testToken({ market: "berlin" }), "markets/paris", {
      "marketmesh-caller": caller,
    });
    expect(found).toMatchObject({ code: "Unauthenticated", reason: "TOKEN_INVALID" });
  });

  test("a caller's token must be one from outside", async () => {
    const caller = await issuer.testToken({ audience: "testing" });
    const found = await refusal(await service(), "markets/berlin", { "marketmesh-caller": caller });
    expect(found).toMatchObject({ reason: "AUDIENCE_MISMATCH" });
  });
});

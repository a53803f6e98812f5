import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@marketmesh/contracts/google/rpc";
import { IdentityService, TokenService } from "@marketmesh/contracts/identity/v1";
import { type Database, openDatabase } from "@marketmesh/postgres";
import { type Channel, channel } from "@marketmesh/rpc";
import type { Env, RunningService } from "@marketmesh/service-host";
import { startServices } from "@marketmesh/testkit";
import { expect } from "vitest";
import { bindIdentity } from "../src/service.ts";

export const operatorKey = secretOf("operator");
export const catalogKey = secretOf("catalog");
export const masterKey = "5f".repeat(32);

/** Identity on a free port with its own database, and an operator and a service from the bootstrap file. */
export interface IdentityUnderTest extends AsyncDisposable {
  readonly url: string;
  readonly running: RunningService;
  /** The same database, for what no RPC shows. */
  readonly database: Database;
  readonly tokens: Client<typeof TokenService>;
  /** As nobody. */
  readonly anonymous: Client<typeof IdentityService>;
  readonly operator: Client<typeof IdentityService>;
  /** The operator's token service: for delegation. */
  readonly operatorTokens: Client<typeof TokenService>;
  /** As whoever the token says. */
  as(token: string, callerToken?: string): Client<typeof IdentityService>;
  tokensAs(token: string): Client<typeof TokenService>;
  tokenOf(apiKey: string, options?: { market?: string; party?: string; audience?: string }): Promise<string>;
  /** A market with one service account per role, and a party that the one with role `party` acts for. */
  market(id: string): Promise<MarketUnderTest>;
}

export interface MarketUnderTest {
  readonly name: string;
  readonly party: string;
  readonly adminToken: string;
  readonly admin: Client<typeof IdentityService>;
  readonly readerToken: string;
  readonly reader: Client<typeof IdentityService>;
  readonly partyToken: string;
  readonly asParty: Client<typeof IdentityService>;
}

export async function startIdentity(env: Env = {}): Promise<IdentityUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "identity-test-"));
  const bootstrapFile = join(folder, "bootstrap.json");
  await writeFile(bootstrapFile, JSON.stringify(bootstrap));
  const own = { IDENTITY_MASTER_KEY: masterKey, IDENTITY_BOOTSTRAP_FILE: bootstrapFile, ...env };
  const mesh = await startServices([{ name: "identity", bind: bindIdentity, env: own }]);
  const url = mesh.urlOf("identity");
  const running = mesh.services.get("identity") as RunningService;
  const { DATABASE_URL = "", DATABASE_BACKGROUND_URL = "" } = running.host.env;
  const database = await openDatabase({
    url: DATABASE_URL,
    backgroundUrl: DATABASE_BACKGROUND_URL,
    appMax: 2,
  });
  const transports = transportsTo(url);
  const tokens = createClient(TokenService, transports.to());
  const tokenOf: IdentityUnderTest["tokenOf"] = async (value, options = {}) => {
    const { accessToken } = await tokens.exchangeToken({ grant: { case: "apiKey", value }, ...options });
    return accessToken?.token ?? "";
  };
  const as = (token: string, callerToken?: string) =>
    createClient(IdentityService, transports.to(token, callerToken));
  const tokensAs = (token: string) => createClient(TokenService, transports.to(token));
  const operatorToken = await tokenOf(operatorKey);
  const operator = as(operatorToken);
  return {
    url,
    running,
    database,
    tokens,
    anonymous: createClient(IdentityService, transports.to()),
    operator,
    operatorTokens: tokensAs(operatorToken),
    as,
    tokensAs,
    tokenOf,
    market: (id) => marketUnderTest(id, operator, as, tokenOf),
    async [Symbol.asyncDispose]() {
      transports.close();
      await database.close();
      await mesh.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function marketUnderTest(
  id: string,
  operator: Client<typeof IdentityService>,
  as: IdentityUnderTest["as"],
  tokenOf: IdentityUnderTest["tokenOf"],
): Promise<MarketUnderTest> {
  const name = `markets/${id}`;
  await operator.createMarket({ marketId: id, market: { displayName: id } });
  const party = `${name}/parties/ada`;
  await operator.createParty({ parent: name, partyId: "ada", party: { displayName: "Ada" } });
  const member = async (role: string, forParty = "") => {
    await operator.createServiceAccount({ parent: name, serviceAccountId: role });
    const principal = `${name}/serviceAccounts/${role}`;
    await operator.createGrant({
      parent: name,
      grant: { principal, role: `roles/${role}`, party: forParty },
    });
    const { secret } = await operator.createApiKey({ parent: name, apiKey: { serviceAccount: principal } });
    return tokenOf(secret);
  };
  const adminToken = await member("marketAdmin");
  const readerToken = await member("marketReader");
  const partyToken = await member("party", party);
  return {
    name,
    party,
    adminToken,
    admin: as(adminToken),
    readerToken,
    reader: as(readerToken),
    partyToken,
    asParty: as(partyToken),
  };
}

/** Asserts that a call is refused with this status and reason; gives the metadata. */
export async function refused(call: Promise<unknown>, code: keyof typeof Code, reason: string) {
  const error = await call.then(
    (answer) =>
      expect.fail(
        `answered ${JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? `${value}` : value))}`,
      ),
    (cause: unknown) => ConnectError.from(cause),
  );
  const info = error.findDetails(ErrorInfoSchema)[0];
  expect({ code: Code[error.code], reason: info?.reason, message: error.rawMessage }).toMatchObject({
    code,
    reason,
  });
  expect(info?.domain).toBe("identity.marketmesh");
  return info?.metadata ?? {};
}

export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

// One channel a token, closed at the end of the test.
function transportsTo(target: string) {
  const open: Channel[] = [];
  const to = (token?: string, callerToken?: string): Channel => {
    const attach = (header: Pick<Headers, "set">) => {
      if (token !== undefined) header.set("authorization", `Bearer ${token}`);
      if (callerToken !== undefined) header.set("marketmesh-caller", callerToken);
    };
    const made = channel({ target, attach, nowMs: Date.now, random: () => 0, attemptsMax: 1 });
    open.push(made);
    return made;
  };
  const close = () => {
    for (const made of open) made.close();
  };
  return { to, close };
}

// Secrets of the form that identity makes, the same in each run.
function secretOf(name: string): string {
  return `mmk_${createHash("sha256").update(name).digest("base64url")}`;
}

const bootstrap = [
  { principal: "serviceAccounts/operator", keySha256: hashOf(operatorKey), roles: ["operator"] },
  { principal: "serviceAccounts/catalog", keySha256: hashOf(catalogKey), roles: ["service"] },
];

export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

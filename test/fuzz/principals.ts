import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { Mesh } from "@marketmesh/cli/mesh";
import { patiently } from "@marketmesh/client";
import { IdentityService } from "@marketmesh/contracts/identity/v1";
import { createSigningKey, sign } from "@marketmesh/testkit";
import { patienceMs } from "../support/whole-mesh.ts";
import type { Rpc } from "./contracts.ts";
import { keepMark } from "./harvest.ts";

/** Who calls. The first five are who they say they are. */
export const honest = ["operator", "admin", "reader", "party", "service"] as const;
export const dishonest = ["none", "garbage", "cut", "expired", "forged", "unsigned", "elsewhere"] as const;
/** Honest ones of another market. */
export const foreign = ["foreignAdmin", "foreignParty"] as const;

export type Who = (typeof honest)[number] | (typeof dishonest)[number] | (typeof foreign)[number];

/** The principals of one slot: nobody else writes under their names, so what is written tells which request wrote it. */
export interface Principals {
  /** Their names as transactions carry them. */
  readonly names: ReadonlyMap<string, Who>;
  /** A key that can be exchanged as often as one likes. */
  readonly apiKey: string;
  /** The value of `authorization`; undefined to send none. */
  authorization(who: Who, rpc: Rpc): Promise<string | undefined>;
  /** Whether a token of this one permits the method at all. */
  may(who: Who, rpc: Rpc): boolean;
}

export interface Parties {
  /** Names of parties, one for each slot. */
  readonly own: readonly string[];
  readonly foreign: readonly string[];
}

interface Account {
  readonly role: string;
  readonly parent: string;
  readonly audience: (rpc: Rpc) => string;
}

const renewMs = 600_000;
const expiringMsMax = 60_000;

/** Creates the accounts of a slot and keeps their tokens. Their names carry the mark that keeps them out of the pool. */
export async function createPrincipals(
  mesh: Mesh,
  slot: number,
  home: string,
  abroad: string,
  parties: Parties,
  expired: string,
): Promise<Principals> {
  const market = `markets/${home}`;
  const outside = () => "";
  const accounts: Partial<Record<Who, Account>> = {
    operator: { role: "operator", parent: "", audience: outside },
    service: { role: "service", parent: "", audience: ({ target }) => target },
    admin: { role: "marketAdmin", parent: market, audience: outside },
    reader: { role: "marketReader", parent: market, audience: outside },
    foreignAdmin: { role: "marketAdmin", parent: `markets/${abroad}`, audience: outside },
  };
  const keys = new Map<Who, string>();
  for (const [who, account] of Object.entries(accounts))
    keys.set(who as Who, await createKey(mesh, account, `${keepMark}-${who}-${slot}`));
  const partyOf: Partial<Record<Who, string>> = {
    party: parties.own[slot % parties.own.length] as string,
    foreignParty: parties.foreign[slot % parties.foreign.length] as string,
  };
  const tokens = new Map<string, { readonly token: Promise<string>; readonly atMs: number }>();
  const kept = (key: string, fetch: () => Promise<string>) => {
    const known = tokens.get(key);
    if (known && Date.now() - known.atMs < renewMs) return known.token;
    const token = fetch();
    tokens.set(key, { token, atMs: Date.now() });
    return token;
  };
  const tokenOf = (who: Who, rpc: Rpc) => {
    const party = partyOf[who];
    if (party !== undefined)
      return kept(who, async () => {
        const { accessToken } = await patiently(() => mesh.tokens.delegateToken({ party }), { patienceMs });
        return accessToken?.token ?? "";
      });
    const audience = accounts[who]?.audience(rpc) ?? "";
    return kept(`${who} ${audience}`, () => exchange(mesh, keys.get(who) as string, audience));
  };
  const bad = await dishonestTokens(expired);
  const permissions = new Map<Who, readonly string[]>();
  const probe = { target: "identity" } as Rpc;
  for (const who of [...honest, ...foreign]) permissions.set(who, permissionsIn(await tokenOf(who, probe)));
  return {
    apiKey: keys.get("reader") ?? "",
    names: new Map([
      ...Object.entries(accounts).map(
        ([who, { parent }]) => [accountName(parent, `${keepMark}-${who}-${slot}`), who as Who] as const,
      ),
      ...Object.entries(partyOf).map(([who, name]) => [name, who as Who] as const),
    ]),
    async authorization(who, rpc) {
      if (who === "none") return undefined;
      if (who === "elsewhere") {
        const target = rpc.target === "identity" ? "catalog" : "identity";
        return `Bearer ${await tokenOf("service", { ...rpc, target })}`;
      }
      if (who === "cut") return `Bearer ${(await tokenOf("operator", rpc)).slice(0, -3)}`;
      return `Bearer ${bad[who] ?? (await tokenOf(who, rpc))}`;
    },
    may(who, { policy }) {
      if (policy?.access !== "PERMISSION") return true;
      const held = permissions.get(who) ?? [];
      const platform = who === "operator" || who === "service";
      if (policy.marketField === undefined && !platform) return false;
      return held.some((each) => covers(each, policy.permission));
    },
  };
}

function covers(held: string, wanted: string): boolean {
  return held === "*" || held === wanted || (held.endsWith(".*") && wanted.startsWith(held.slice(0, -1)));
}

async function createKey(mesh: Mesh, { role, parent }: Account, id: string): Promise<string> {
  const principal = accountName(parent, id);
  await mesh.identity.createServiceAccount({ parent, serviceAccountId: id, serviceAccount: {} });
  await mesh.identity.createGrant({ parent, grantId: id, grant: { principal, role: `roles/${role}` } });
  const { secret } = await mesh.identity.createApiKey({
    parent,
    apiKeyId: id,
    apiKey: { serviceAccount: principal },
  });
  return secret;
}

function accountName(parent: string, id: string): string {
  return `${parent === "" ? "" : `${parent}/`}serviceAccounts/${id}`;
}

async function exchange(mesh: Mesh, apiKey: string, audience: string): Promise<string> {
  const grant = { case: "apiKey", value: apiKey } as const;
  const call = () => mesh.tokens.exchangeToken({ grant, audience });
  const { accessToken } = await patiently(call, { patienceMs });
  return accessToken?.token ?? "";
}

async function dishonestTokens(expired: string): Promise<Partial<Record<Who, string>>> {
  const forged = await sign(await createSigningKey(), { principal: "serviceAccounts/operator" });
  const [, claims] = forged.split(".");
  const header = Buffer.from(JSON.stringify({ alg: "none", typ: "JWT" })).toString("base64url");
  return { garbage: "mmk_this-is-no-token.\u00e9", forged, unsigned: `${header}.${claims}.`, expired };
}

/** A token that identity really signed and that ends with its API key, a moment from now: as long as it takes to exchange the key. */
export async function expiringToken(mesh: Mesh): Promise<string> {
  const id = `${keepMark}-expired`;
  const serviceAccount = `serviceAccounts/${id}`;
  await mesh.identity.createServiceAccount({ serviceAccountId: id, serviceAccount: {} });
  await mesh.identity.createGrant({
    grantId: id,
    grant: { principal: serviceAccount, role: "roles/operator" },
  });
  for (let lifeMs = 1_500; ; lifeMs *= 4) {
    try {
      const apiKey = { serviceAccount, expireTime: timestampFromMs(Date.now() + lifeMs) };
      const { secret } = await mesh.identity.createApiKey({ apiKeyId: `${id}-${lifeMs}`, apiKey });
      return await exchange(mesh, secret, "");
    } catch (error) {
      if (lifeMs > expiringMsMax) throw error;
    }
  }
}

/** Returns once the services refuse the token, which they do a little after its end: clocks differ. */
export async function untilExpired(endpoint: string, token: string): Promise<void> {
  const client = createClient(
    IdentityService,
    createConnectTransport({ baseUrl: endpoint, httpVersion: "2" }),
  );
  const headers = { authorization: `Bearer ${token}` };
  for (const giveUp = Date.now() + 240_000; ; ) {
    const code = await client.listRoles({}, { headers }).then(
      () => undefined,
      (error) => ConnectError.from(error).code,
    );
    if (code === Code.Unauthenticated) return;
    if (Date.now() > giveUp) throw new Error("a token outlives its API key");
  }
}

function permissionsIn(token: string): readonly string[] {
  const claims = token.split(".")[1] ?? "";
  return (JSON.parse(Buffer.from(claims, "base64url").toString()) as { perms: string[] }).perms;
}

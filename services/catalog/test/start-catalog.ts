import { randomBytes } from "node:crypto";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { connect, type Marketmesh } from "@marketmesh/client";
import type { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { IdentityService, Party_State } from "@marketmesh/contracts/identity/v1";
import { codeName, infoOf } from "@marketmesh/rpc";
import type { Host } from "@marketmesh/service-host";
import { startServices, type TestTokenClaims } from "@marketmesh/testkit";
import { bindCatalog } from "../src/service.ts";

export type CatalogClient = Client<typeof CatalogService>;

/** The catalog behind its real host, database and broker; identity's key store is played by a map. */
export interface RunningCatalog extends AsyncDisposable {
  readonly url: string;
  /** The database, as its owner. */
  readonly databaseUrl: string;
  /** A client whose calls carry a token of these claims; by default one that may do everything, everywhere. */
  as(claims?: TestTokenClaims): Promise<CatalogClient>;
  /** The market's staff: everything but personal data. */
  staff(market: string): Promise<CatalogClient>;
  party(market: string, party: string): Promise<CatalogClient>;
  /** Destroys a party's key, as EraseParty does. Catalog keeps what it has in memory until it hears of it. */
  erase(market: string, party: string): void;
}

const permissions = ["catalog.kinds.*", "catalog.listings.*"];

export async function startCatalog(env: Record<string, string> = {}): Promise<RunningCatalog> {
  const keys = keyStore();
  let host: Host | undefined;
  const bind = (given: Host) => {
    host = given;
    return bindCatalog(withIdentity(given, keys.client));
  };
  const services = await startServices([
    { name: "catalog", bind, env: { LOG_LEVEL: "error", RATE_LIMIT_CALLS_PER_SECOND: "100000", ...env } },
  ]);
  const open: Marketmesh[] = [];
  async function as(claims: TestTokenClaims = {}): Promise<CatalogClient> {
    const mesh = connect({ endpoints: services.endpoints, token: await services.testToken(claims) });
    open.push(mesh);
    return mesh.catalog;
  }
  const account = (market: string, id: string) => `markets/${market}/serviceAccounts/${id}`;
  return {
    url: services.urlOf("catalog"),
    databaseUrl: host?.env.DATABASE_MIGRATOR_URL ?? "",
    as,
    staff: (market) => as({ reach: "MARKET", market, permissions, principal: account(market, "staff") }),
    party: (market, party) =>
      as({ reach: "PARTY", market, party, permissions, principal: account(market, party) }),
    erase: keys.erase,
    async [Symbol.asyncDispose]() {
      for (const mesh of open) mesh.close();
      await services.close();
    },
  };
}

/** The reason of a refused call, with its status as text: `not_found LISTING_NOT_FOUND`. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return `${codeName(error.code)} ${infoOf(error)?.reason ?? error.message}`;
  }
  return "was not refused";
}

function withIdentity(host: Host, identity: Client<typeof IdentityService>): Host {
  const mesh: Host["mesh"] = <S extends DescService>(service: S, options?: { readonly target?: string }) =>
    service.typeName === IdentityService.typeName
      ? (identity as unknown as Client<S>)
      : host.mesh(service, options);
  return new Proxy(host, { get: (target, name) => (name === "mesh" ? mesh : Reflect.get(target, name)) });
}

function keyStore() {
  const keys = new Map<string, Uint8Array>();
  const erased = new Set<string>();
  const keyOf = (party: string) => {
    if (!keys.has(party)) keys.set(party, randomBytes(32));
    return keys.get(party) as Uint8Array;
  };
  const transport = createRouterTransport(({ service }) => {
    service(IdentityService, {
      getPartyKeys: ({ parties }) => ({
        partyKeys: parties.map((party) =>
          erased.has(party)
            ? { party, state: Party_State.ERASED }
            : { party, state: Party_State.ACTIVE, key: keyOf(party) },
        ),
      }),
    });
  });
  return {
    client: createClient(IdentityService, transport),
    erase(market: string, party: string) {
      erased.add(`markets/${market}/parties/${party}`);
      keys.delete(`markets/${market}/parties/${party}`);
    },
  };
}

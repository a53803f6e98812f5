import { randomBytes } from "node:crypto";
import { create, type DescService } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { connect, type Marketmesh } from "@marketmesh/client";
import type { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { EnvelopeSchema } from "@marketmesh/contracts/events/v1";
import { IdentityService, Party_State, PartyErasedSchema } from "@marketmesh/contracts/identity/v1";
import type { Follower, FollowOptions } from "@marketmesh/events";
import type { Host } from "@marketmesh/service-host";
import { startServices, type TestTokenClaims } from "@marketmesh/testkit";
import { bindCatalog } from "../src/service.ts";

export { refusalLine as refusalOf } from "@marketmesh/testkit";

export type CatalogClient = Client<typeof CatalogService>;

/** The catalog behind its real host, database and broker; identity's key store is played by a map. */
export interface RunningCatalog extends AsyncDisposable {
  readonly url: string;
  /** The database, as its owner. */
  readonly databaseUrl: string;
  readonly appUrl: string;
  readonly backgroundUrl: string;
  /** A client whose calls carry a token of these claims; by default one that may do everything, everywhere. */
  as(claims?: TestTokenClaims): Promise<CatalogClient>;
  /** The market's staff: everything but personal data. */
  staff(market: string): Promise<CatalogClient>;
  party(market: string, party: string): Promise<CatalogClient>;
  /** Destroys a party's key, as EraseParty does. Catalog keeps what it has in memory until it hears of it. */
  erase(market: string, party: string): void;
  /** Lets the service drain, as SIGTERM does. */
  drain(): Promise<void>;
  /** Lets catalog read the PartyErased of a party in identity's feed. */
  tellErased(market: string, party: string): void;
}

const permissions = ["catalog.kinds.*", "catalog.listings.*"];

export async function startCatalog(env: Record<string, string> = {}): Promise<RunningCatalog> {
  const keys = keyStore();
  let host: Host | undefined;
  let partyFeed: FollowOptions | undefined;
  const bind = (given: Host) => {
    host = given;
    return bindCatalog(
      withIdentity(given, keys.client, (options) => {
        partyFeed = options;
      }),
    );
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
    appUrl: host?.env.DATABASE_URL ?? "",
    backgroundUrl: host?.env.DATABASE_BACKGROUND_URL ?? "",
    as,
    staff: (market) => as({ reach: "MARKET", market, permissions, principal: account(market, "staff") }),
    party: (market, party) =>
      as({ reach: "PARTY", market, party, permissions, principal: account(market, party) }),
    erase: keys.erase,
    drain: async () => services.services.get("catalog")?.close(),
    tellErased: (market, party) => partyFeed?.apply([partyErased(`markets/${market}/parties/${party}`)]),
    async [Symbol.asyncDispose]() {
      for (const mesh of open) mesh.close();
      await services.close();
    },
  };
}

/** The host, with identity's RPCs answered by a client and its feed in the test's hands. */
function withIdentity(
  host: Host,
  identity: Client<typeof IdentityService>,
  follow: (options: FollowOptions) => void,
): Host {
  const mesh: Host["mesh"] = <S extends DescService>(service: S, options?: { readonly target?: string }) =>
    service.typeName === IdentityService.typeName
      ? (identity as unknown as Client<S>)
      : host.mesh(service, options);
  const events: Host["events"] = async (database) => {
    const real = await host.events(database);
    return replaced(real, {
      follow: (options: FollowOptions) => {
        if (options.service !== "identity") return real.follow(options);
        follow(options);
        return {} as Follower;
      },
    });
  };
  return replaced(host, { mesh, events });
}

function replaced<T extends object>(real: T, parts: Partial<T>): T {
  return new Proxy(real, {
    get(target, name) {
      if (Object.hasOwn(parts, name)) return Reflect.get(parts, name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function partyErased(name: string) {
  const fact = anyPack(PartyErasedSchema, create(PartyErasedSchema, { party: { name } }));
  return create(EnvelopeSchema, { service: "identity", feed: "party", fact });
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

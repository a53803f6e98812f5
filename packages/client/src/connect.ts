import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import {
  AllocationService,
  DecisionService,
  InventoryService,
  OfferService,
  SolverService,
} from "@marketmesh/contracts/allocation/v1";
import { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { FeedService } from "@marketmesh/contracts/events/v1";
import { FulfillmentService } from "@marketmesh/contracts/fulfillment/v1";
import { IdentityService, TokenService } from "@marketmesh/contracts/identity/v1";
import { ScoringService } from "@marketmesh/contracts/scoring/v1";
import {
  type Attach,
  type Channel,
  type ClientTls,
  type ClientTlsSource,
  channel,
  clientTracer,
  identityTokens,
  type TokenSource,
  targetOf,
  tracedTransport,
} from "@marketmesh/rpc";
import { patientTransport } from "./patient.ts";

/** Where the mesh is and who calls. */
export interface ConnectOptions {
  /** The URL of each service by its name, or one URL that leads to all of them. Several addresses: separated by commas. */
  readonly endpoints: string | Readonly<Record<string, string>>;
  /** An API key of identity; exchanged for tokens, which are renewed before they end. */
  readonly apiKey?: string;
  /** A token that the caller has, or gets by itself for every call. Instead of `apiKey`. */
  readonly token?: string | (() => string | Promise<string>);
  /** The market that the token shall reach: `markets/{market}`. Empty means the key's own reach. */
  readonly market?: string;
  /** The party to act for: `markets/{market}/parties/{party}`. */
  readonly party?: string;
  /**
   * For so long a unary call is tried again while its service is away, in milliseconds; 0 by default: a fraction of a second. Give
   * a job that must outlive restarts a minute.
   */
  readonly patienceMs?: number;
  /**
   * What https endpoints are called with: the authorities that they are trusted by, and a client certificate with its key where
   * they ask for one; all PEM. A function is asked for each new connection. By default those that Node trusts, and none.
   */
  readonly tls?: ClientTls | ClientTlsSource;
}

/** The services of a mesh, as typed clients. Methods take and answer the messages of `@marketmesh/contracts`. */
export interface Marketmesh extends Disposable {
  readonly identity: Client<typeof IdentityService>;
  readonly tokens: Client<typeof TokenService>;
  readonly catalog: Client<typeof CatalogService>;
  readonly eligibility: Client<typeof EligibilityService>;
  readonly scoring: Client<typeof ScoringService>;
  readonly allocation: Client<typeof AllocationService>;
  readonly decisions: Client<typeof DecisionService>;
  readonly inventory: Client<typeof InventoryService>;
  /** Counter-offers and waitlists, served by allocation. */
  readonly offers: Client<typeof OfferService>;
  /** The engine by itself, served by allocation. */
  readonly solver: Client<typeof SolverService>;
  readonly fulfillment: Client<typeof FulfillmentService>;
  /** The events of one service, for operators. */
  feeds(service: string): Client<typeof FeedService>;
  /** A client of any service; `target` says where it is served when its package does not. */
  client<S extends DescService>(service: S, target?: string): Client<S>;
  /** The token that calls are made with, for use with another client. Rejects without an API key or token. */
  token(): Promise<string>;
  close(): void;
}

/**
 * Connects to a mesh. Nothing is sent before the first call; each service has its own connections (Connect over HTTP/2),
 * balanced per call, and idempotent calls are tried again when an address is away. Calls reject with ConnectError;
 * `reasonOf(error)` tells the reason.
 */
export function connect(options: ConnectOptions): Marketmesh {
  const channels = new Map<string, Channel>();
  const channelTo = (target: string, attach: Attach): Channel => {
    // Exchanging a key needs no token: that way to identity is apart from the one that carries tokens.
    const key = attach === nothing ? `${target} without token` : target;
    const known = channels.get(key);
    if (known) return known;
    const { endpoints, tls } = options;
    const made = channel({
      target: urlOf(endpoints, target),
      nowMs: Date.now,
      random: Math.random,
      attach,
      ...(tls !== undefined && { tls: typeof tls === "function" ? tls : () => tls }),
    });
    channels.set(key, made);
    return made;
  };
  const { patienceMs = 0 } = options;
  const patient = (way: Channel) =>
    patienceMs > 0 ? patientTransport(way, patienceMs, () => crypto.randomUUID()) : way;
  const tokens = tokenSource(options, () => channelTo("identity", nothing));
  const authorize: Attach = async (header) => {
    if (tokens && !header.has("authorization")) header.set("authorization", `Bearer ${await tokens()}`);
  };
  const client = <S extends DescService>(service: S, target = targetOf(service)): Client<S> =>
    createClient(service, tracedTransport(patient(channelTo(target, authorize)), clientTracer()));
  const close = () => {
    for (const each of channels.values()) each.close();
    channels.clear();
  };
  return {
    get identity() {
      return client(IdentityService);
    },
    get tokens() {
      // Its other methods are for anyone: they must work without a token of our own.
      const { delegateToken } = client(TokenService);
      return { ...createClient(TokenService, channelTo("identity", nothing)), delegateToken };
    },
    get catalog() {
      return client(CatalogService);
    },
    get eligibility() {
      return client(EligibilityService);
    },
    get scoring() {
      return client(ScoringService);
    },
    get allocation() {
      return client(AllocationService);
    },
    get decisions() {
      return client(DecisionService);
    },
    get inventory() {
      return client(InventoryService);
    },
    get offers() {
      return client(OfferService);
    },
    get solver() {
      return client(SolverService);
    },
    get fulfillment() {
      return client(FulfillmentService);
    },
    feeds: (service) => client(FeedService, service),
    client,
    async token() {
      if (!tokens) throw new Error("connect() was given neither apiKey nor token");
      return await tokens();
    },
    close,
    [Symbol.dispose]: close,
  };
}

const nothing: Attach = () => {};

function tokenSource(
  { token, apiKey, market, party }: ConnectOptions,
  exchange: () => Channel,
): (() => string | Promise<string>) | undefined {
  if (typeof token === "string") return () => token;
  if (token !== undefined) return token;
  if (apiKey === undefined) return undefined;
  let source: TokenSource | undefined;
  return () => {
    source ??= identityTokens({
      transport: exchange(),
      apiKey,
      ...(market !== undefined && { market }),
      ...(party !== undefined && { party }),
      nowMs: Date.now,
    });
    return source.token("marketmesh");
  };
}

function urlOf(endpoints: ConnectOptions["endpoints"], target: string): string {
  const url = typeof endpoints === "string" ? endpoints : endpoints[target];
  if (url === undefined) throw new Error(`connect(): endpoints names no URL of ${target}`);
  return url;
}

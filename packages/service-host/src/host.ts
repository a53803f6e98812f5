import type { DescService } from "@bufbuild/protobuf";
import type { Client, ServiceImpl } from "@connectrpc/connect";
import type { Events } from "@marketmesh/events";
import type { Database } from "@marketmesh/postgres";
import type { NodeRequest, NodeResponse } from "@marketmesh/rpc";
import type { Logger, Telemetry } from "@marketmesh/telemetry";
import type { ConfigSpec } from "./config.ts";
import type { RecentReads } from "./recent-reads.ts";

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A plain HTTP route, over HTTP/1.1 and HTTP/2 alike. Bodies are the handler's to bound. */
export type HttpHandler = (request: NodeRequest, response: NodeResponse) => void | Promise<void>;

/** Binds a service to a host: says what it serves and runs, and resolves when that is said. */
export type Bind = (host: Host) => void | Promise<void>;

/** What a service gets from the process that runs it. */
export interface Host {
  readonly name: string;
  readonly env: Env;
  readonly log: Logger;
  readonly telemetry: Telemetry;
  /** Aborted when draining ends. */
  readonly signal: AbortSignal;
  /** The only clock of a service. */
  now(): Date;
  /** A UUIDv7: the only randomness of a service. */
  uuid(): string;
  /** Typed values of environment keys. Throws a ConfigError that names every key at fault. */
  config<T extends object>(spec: ConfigSpec<T>): T;
  /** Migrates the service's database, then opens its app and background pools; closed at the end. */
  database(options: { readonly migrations: URL }): Promise<Database>;
  /** Reads of that database that go on from memory while it is away, for DATABASE_STALE_READS_MS. */
  recentReads(): RecentReads;
  /** The relay, the subscriptions and FeedService of the database. */
  events(database: Database): Promise<Events>;
  /**
   * A client of another service over Connect and HTTP/2, balanced per call. The target is the service's package
   * (`marketmesh.catalog.v1` is `catalog`) unless named.
   */
  mesh<S extends DescService>(service: S, options?: { readonly target?: string }): Client<S>;
  /** Serves an RPC service. Every method must state a policy. */
  serve<S extends DescService>(service: S, methods: ServiceImpl<S>): void;
  /** Serves a plain HTTP path, matched exactly. */
  http(path: string, handler: HttpHandler): void;
  /** Adds a condition of readiness: whether this process can serve. Not asked about neighbours. */
  ready(name: string, check: () => boolean): void;
  /** Runs a loop until draining; restarted with backoff when it fails, awaited at drain. */
  background(name: string, loop: (signal: AbortSignal) => Promise<void>): void;
  /** Names a moment at which a fault test may stop this process; nothing otherwise. See fault-points.ts. */
  faultPoint(point: string): void;
  /** Runs at the end of draining, the last registered first. */
  onClose(fn: () => Promise<void>): void;
}

/** A service that listens. */
export interface RunningService extends AsyncDisposable {
  readonly name: string;
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  /** The URL of the metrics port. */
  readonly metricsUrl: string;
  readonly host: Host;
  /** Resolves when every readiness check passes. */
  untilReady(signal?: AbortSignal): Promise<void>;
  /** Drains and stops; resolves when everything is closed. */
  close(): Promise<void>;
}

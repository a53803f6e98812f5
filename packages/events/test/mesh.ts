import { randomUUID } from "node:crypto";
import { TimestampSchema, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { type Envelope, FeedService } from "@marketmesh/contracts/events/v1";
import { type Database, migrate, openDatabase, rolesOf, type Scope, type Tx } from "@marketmesh/postgres";
import { createTestDatabase, testNatsUrl } from "@marketmesh/testkit/servers";
import { sql } from "drizzle-orm";
import { connect, type NatsConnection } from "nats";
import { onTestFailed } from "vitest";
import {
  announce,
  type Events,
  type EventsOptions,
  eventMigrations,
  type Follower,
  type FollowOptions,
  fact,
  feedPosition,
  feedServiceRoutes,
  openEvents,
} from "../src/index.ts";
import { namesOf } from "../src/names.ts";

export const operator: Scope = { market: "berlin", reach: "MARKET", principal: "users/operator", party: "" };

/** One service `things` with a database, a stream of its own and any number of processes. */
export interface Mesh extends AsyncDisposable {
  readonly database: Database;
  readonly migratorUrl: string;
  readonly namespace: string;
  readonly stream: string;
  readonly notices: string[];
  readonly nats: NatsConnection;
  /** Another process of the service. */
  start(options?: Partial<EventsOptions>): Promise<Events>;
  feeds(events: Events): Client<typeof FeedService>;
  /** Announces version after version of things in one transaction. */
  put(things: readonly Thing[], market?: string): Promise<void>;
  follow(events: Events, seen: Seen): Follower;
}

export interface Thing {
  readonly id: string;
  readonly version: bigint;
}

/** What a projection holds: the version of each thing, and the positions it applied. */
export interface Seen {
  readonly versions: Map<string, bigint>;
  readonly applied: bigint[];
}

export const seen = (): Seen => ({ versions: new Map(), applied: [] });

export async function startMesh(natsUrl = testNatsUrl()): Promise<Mesh> {
  const created = await createTestDatabase({
    service: "things",
    template: {
      key: "events",
      migrate: async (urls) => {
        const directory = new URL("./migrations/", import.meta.url);
        const roles = rolesOf({ url: urls.appUrl, backgroundUrl: urls.backgroundUrl });
        await migrate(urls.migratorUrl, [eventMigrations, { namespace: "things", directory }], roles);
      },
    },
  });
  const database = await openDatabase({
    url: created.appUrl,
    backgroundUrl: created.backgroundUrl,
    appMax: 12,
  });
  const namespace = `t${randomUUID().slice(0, 8)}`;
  const stream = namesOf(namespace).stream("things");
  const notices: string[] = [];
  onTestFailed(() => console.log(notices.slice(-50).join("\n")));
  const nats = await connect({ servers: natsUrl, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  const running: Events[] = [];
  const feeds = (events: Events) =>
    createClient(
      FeedService,
      createRouterTransport((router) => router.service(FeedService, feedServiceRoutes(events))),
    );
  return {
    database,
    migratorUrl: created.migratorUrl,
    namespace,
    stream,
    notices,
    nats,
    async start(options = {}) {
      const events: Events = await openEvents({
        service: "things",
        database,
        natsUrl,
        namespace,
        streamBytesMax: 64 * 1024 * 1024,
        feedsOf: () => feeds(events),
        onNotice: ({ level, message, attributes }) =>
          notices.push(`${level} ${message} ${JSON.stringify(attributes)}`),
        ...options,
      });
      running.push(events);
      return events;
    },
    feeds,
    put: (things, market = "berlin") =>
      database.transaction({ ...operator, market }, (tx) => put(tx, things, market)),
    follow(events, { versions, applied }) {
      const options: FollowOptions = {
        service: "things",
        feed: "thing",
        bootstrap: () =>
          database.background(
            async (tx) => {
              const rows = await tx.execute<{ id: string; version: string }>(
                sql`select id, version from things`,
              );
              versions.clear();
              for (const row of rows) versions.set(row.id, BigInt(row.version));
              return feedPosition(tx, "thing");
            },
            { isolation: "repeatable read", readOnly: true },
          ),
        apply(envelopes) {
          for (const { aggregateId, aggregateVersion, feedSeq } of envelopes) {
            applied.push(feedSeq);
            if (aggregateVersion > (versions.get(aggregateId) ?? 0n))
              versions.set(aggregateId, aggregateVersion);
          }
        },
      };
      return events.follow(options);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((events) => events.close()));
      await (await nats.jetstreamManager({ checkAPI: false })).streams.delete(stream).catch(() => {});
      await nats.close();
      await database.close();
      await created.drop();
    },
  };
}

/** Saves things and announces them, as a service does. */
export async function put(tx: Tx, things: readonly Thing[], market = "berlin"): Promise<void> {
  for (const { id, version } of things) {
    await tx.execute(sql`insert into things (market, id, version) values (${market}, ${id}, ${version})
      on conflict (market, id) do update set version = excluded.version`);
  }
  await announce(
    tx,
    things.map(({ id, version }) => ({
      market,
      feed: "thing",
      aggregateId: id,
      version,
      fact: fact(TimestampSchema, timestampFromMs(Number(version))),
    })),
  );
}

/** Waits until something is true; fails with the last value after 4 min, unless told otherwise. */
export async function until<T>(
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
  withinMs = 240_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(value, bigintAsText)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const bigintAsText = (_key: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

/** Notes in the database which thing a handler saw, in its own transaction. */
export async function note(tx: Tx, envelopes: readonly Envelope[], by: string): Promise<void> {
  for (const { aggregateId, aggregateVersion } of envelopes) {
    await tx.execute(
      sql`insert into handled (market, id, version, by) values ('berlin', ${aggregateId}, ${aggregateVersion}, ${by})`,
    );
  }
}

export type Handled = { readonly id: string; readonly version: string; readonly by: string };

export function handledOf(database: Database): Promise<readonly Handled[]> {
  return database.background((tx) =>
    tx.execute<Handled>(sql`select id, version, by from handled order by place`),
  );
}

/** A fresh signal that aborts after 4 min. */
export const soon = () => AbortSignal.timeout(240_000);

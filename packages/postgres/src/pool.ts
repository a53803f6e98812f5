import { setTimeout as delay } from "node:timers/promises";
import { createMetrics, type Metrics } from "@marketmesh/telemetry";
import { type Connection, type ConnectionOptions, connect, discard } from "./connection.ts";
import type { TransactionOptions, Tx } from "./database.ts";
import {
  lostRace,
  metStandby,
  OverloadError,
  toConnectingError,
  toDatabaseError,
  UnavailableError,
} from "./errors.ts";
import * as defined from "./metrics.ts";
import type { Scope } from "./scope.ts";
import type { Statements } from "./session.ts";
import { runTransaction } from "./transaction.ts";

const attemptsMax = 4;
const waitingMax = 1_000;
const closeTimeoutMs = 5_000;

/** One role's connections and how transactions run on them. */
export interface Pool {
  run<T>(scope: Scope | undefined, work: (tx: Tx) => Promise<T>, options: TransactionOptions): Promise<T>;
  close(): Promise<void>;
}

/** Whose connections, and where to. */
export type PoolName = "app" | "background" | "app_read" | "background_read";

export interface PoolOptions extends ConnectionOptions {
  readonly name: PoolName;
  readonly connectionsMax: number;
  /** Where the pool tells how busy it is. */
  readonly metrics: Metrics | undefined;
  /** Told how long each transaction waited for its connection. */
  readonly onWait: ((ms: number) => void) | undefined;
  readonly onQuery: Statements["onQuery"];
}

export function openPool(options: PoolOptions): Pool {
  const { database } = options.url;
  const statements: Statements = { prepared: new Set(), database, onQuery: options.onQuery };
  const connections = openConnections(options);
  const waited = measure(options, connections);
  return {
    run: (scope, work, { mayRepeat, ...rest }) =>
      repeat(mayRepeat === true, rest.signal, async () => {
        const startedMs = performance.now();
        const connection = await connections.acquire();
        const waitedMs = performance.now() - startedMs;
        waited.observe(waitedMs / 1_000);
        options.onWait?.(waitedMs);
        let ended: Promise<void> | undefined;
        try {
          const done = await runTransaction(connection, statements, scope, work, {
            ...rest,
            timeoutMs: rest.timeoutMs ?? options.statementTimeoutMs,
          });
          ended = done.ended;
          return done.value;
        } catch (error) {
          // The primary is elsewhere now: no connection of before is of use.
          if (metStandby(error) && !rest.readOnly) connections.renew();
          throw error;
        } finally {
          if (ended) void ended.then(() => connections.release(connection));
          else connections.release(connection);
        }
      }),
    close: connections.close,
  };
}

function measure({ metrics = createMetrics(), name, connectionsMax }: PoolOptions, { use }: Connections) {
  const pool = { pool: name };
  metrics.gauge(defined.poolConnections, {
    read: () => [
      { labels: { ...pool, state: "used" }, value: use().used },
      { labels: { ...pool, state: "idle" }, value: use().idle },
    ],
  });
  metrics.gauge(defined.poolWaiting, { read: () => [{ labels: pool, value: use().waiting }] });
  metrics.gauge(defined.poolConnectionsMax).set(connectionsMax, pool);
  return metrics.histogram(defined.poolWait).series(pool);
}

async function repeat<T>(
  mayRepeat: boolean,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      const again = mayRepeat && (lostRace(error) || metStandby(error));
      if (!again || attempts === attemptsMax) throw toDatabaseError(error);
      await delay(Math.random() * 10 * 2 ** attempts, undefined, signal ? { signal } : {});
    }
  }
}

interface Connections {
  use(): { readonly used: number; readonly idle: number; readonly waiting: number };
  acquire(): Promise<Connection>;
  release(connection: Connection): void;
  /** From now on transactions begin on new connections; those under way end on theirs. */
  renew(): void;
  close(): Promise<void>;
}

function openConnections(options: PoolOptions): Connections {
  const idle: Connection[] = [];
  const used = new Set<Connection>();
  const retired = new WeakSet<Connection>();
  const waiting: { give: (connection: Connection | undefined) => void }[] = [];
  let inUse = 0;
  let closing: (() => void) | undefined;

  // Called when a place became free: the first in the queue gets the connection, or the right to open one.
  const passOn = (connection: Connection | undefined) => {
    const next = waiting.shift();
    if (next) return next.give(connection);
    inUse--;
    if (closing && connection) discard(connection);
    else if (connection) idle.push(connection);
    if (inUse === 0) closing?.();
  };
  const take = (connection: Connection) => {
    used.add(connection);
    return connection;
  };
  const open = async () => {
    try {
      return take(await connect(options));
    } catch (error) {
      passOn(undefined);
      throw toConnectingError(error);
    }
  };
  return {
    use: () => ({ used: inUse, idle: idle.length, waiting: waiting.length }),
    async acquire() {
      if (closing) throw new UnavailableError(new Error("the pool is closed"));
      if (inUse < options.connectionsMax) {
        inUse++;
        const living = takeLiving(idle);
        return living ? take(living) : open();
      }
      if (waiting.length >= waitingMax) throw new OverloadError();
      const given = await new Promise<Connection | undefined>((give) => waiting.push({ give }));
      return given && !given.dead ? take(given) : open();
    },
    renew() {
      for (const one of used) retired.add(one);
      for (const one of idle.splice(0)) discard(one);
    },
    release(connection) {
      used.delete(connection);
      const isLeft = connection.dead || retired.has(connection);
      if (isLeft) discard(connection);
      passOn(isLeft ? undefined : connection);
    },
    async close() {
      const drained = new Promise<void>((resolve) => {
        closing = resolve;
      });
      if (inUse > 0) await Promise.race([drained, delay(closeTimeoutMs, undefined, { ref: false })]);
      await Promise.all(idle.splice(0).map((connection) => connection.sql.end({ timeout: 1 })));
    },
  };
}

function takeLiving(idle: Connection[]): Connection | undefined {
  for (let connection = idle.pop(); connection; connection = idle.pop()) {
    if (!connection.dead) return connection;
    discard(connection);
  }
  return undefined;
}

import { type Client, Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import type { FeedService } from "@marketmesh/contracts/events/v1";
import type { Database } from "@marketmesh/postgres";
import { createMetrics, type Metrics } from "@marketmesh/telemetry";
import type { JetStreamManager } from "nats";
import { type Producer, runAudit } from "./audit.ts";
import { auditMetrics } from "./audit-metrics.ts";
import { type Broker, connectBroker } from "./broker.ts";
import type { BrokerLogin } from "./broker-login.ts";
import type { Events, WorkOptions } from "./events.ts";
import { feedServiceOf } from "./feed-service.ts";
import { follow } from "./follow.ts";
import { openKeptStream } from "./kept-stream.ts";
import { type Measured, measure, timed } from "./measure.ts";
import { type Names, namesOf } from "./names.ts";
import type { Notice } from "./notice.ts";
import { type RelayOptions, runRelay } from "./relay.ts";
import { streamState } from "./stream.ts";
import { runWork } from "./work.ts";

/** What the events of a service stand on. */
export interface EventsOptions {
  /** The service's name, for example `catalog`. */
  readonly service: string;
  /** Absent for a service without a database: it can follow, but neither announce nor work. */
  readonly database?: Database;
  /** NATS_URL, one or several separated by commas. */
  readonly natsUrl: string;
  /** Certificates and credentials for the broker. */
  readonly login?: BrokerLogin;
  /** The FeedService of another service, as a client: where followers and auditors ask. */
  readonly feedsOf: (service: string) => Pick<Client<typeof FeedService>, "locateFeed"> & Producer;
  /** First word of every subject and stream name; default `marketmesh`. Tests isolate themselves by it. */
  readonly namespace?: string;
  /** Copies of each stream; default 1. */
  readonly replicas?: number;
  /** Bound of this service's stream; default 1 GiB. When it is full the relay waits and the outbox keeps the facts. */
  readonly streamBytesMax?: number;
  /** A message not acknowledged for so long is delivered again; default 8 s, longer than handlers take. */
  readonly ackWaitMs?: number;
  /** A follower that hears nothing for so long asks its producer whether it misses something; default 5 s. */
  readonly quietMs?: number;
  /** What was published and is not recorded for so long may be a gap; default 30 s. */
  readonly auditAfterMs?: number;
  /** About so often each subscription is audited; default 10 s. */
  readonly auditEveryMs?: number;
  /** Told of what an operator should know: reconnects, retries, dead letters. Never of contents. */
  readonly onNotice?: (notice: Notice) => void;
  /** Where relay and subscriptions tell how far they are. */
  readonly metrics?: Metrics;
  /** How often lag and outbox are looked at; default 10 s. */
  readonly measureEveryMs?: number;
  /** A test's fault point in the relay; see RelayOptions. */
  readonly onRelayStep?: RelayOptions["onStep"];
}

const gibibyte = 1024 ** 3;
const closeTimeoutMs = 5_000;
const brokerWaitMs = 5_000;
const brokers = new WeakMap<Events, ServiceImpl<typeof FeedService>>();

/**
 * Keeps this service's stream and starts its relay. Does not wait for the broker: a service may start before it, and
 * whatever needs it begins when it is there.
 */
export async function openEvents(options: EventsOptions): Promise<Events> {
  const names = namesOf(options.namespace ?? "marketmesh");
  const onNotice = options.onNotice ?? (() => {});
  const metrics = options.metrics ?? createMetrics();
  const subscriptions: Measured[] = [];
  const stopping = new AbortController();
  const loops: Promise<void>[] = [];
  const { signal } = stopping;
  let broker: Broker | undefined;
  const connecting = connectBroker(
    { natsUrl: options.natsUrl, login: options.login, name: options.service, onNotice },
    signal,
  );
  const connected = connecting.then((made) => {
    broker = made;
    return made;
  });
  // Whoever waits for it is told; that nobody does is no fault.
  connected.catch(() => {});
  if (options.database) {
    const { database, service, onRelayStep } = options;
    const { streamBytesMax = gibibyte, replicas = 1 } = options;
    const step = onRelayStep ? { onStep: onRelayStep } : {};
    const relay = { ...step, database, service, names, streamBytesMax, replicas, onNotice, metrics };
    loops.push(connected.then((made) => runRelay({ ...made, ...relay }, signal)));
  }
  const { measureEveryMs } = options;
  const often = measureEveryMs === undefined ? {} : { everyMs: measureEveryMs };
  const manager = () => broker?.manager;
  loops.push(measure({ metrics, database: options.database, manager, subscriptions, ...often }, signal));
  const onReport = auditMetrics(metrics);
  const events: Events = {
    work(work, handle) {
      if (!options.database) throw new Error("a work subscription needs a database");
      const { subscription } = work;
      const observed = timed(metrics, subscription, handle);
      const worker = { ...workerOf(work), database: options.database, handle: observed, onNotice };
      const durable = `${options.service}_${work.subscription}`;
      const stream = names.stream(work.service);
      const filter = names.filter(work.service, work.feeds);
      const ackWaitMs = options.ackWaitMs ?? 8_000;
      const feeds = new Set(work.feeds);
      subscriptions.push({ subscription, way: "work", consumer: () => ({ stream, name: durable }) });
      const source = { worker, stream, filter, durable, feeds, ackWaitMs };
      loops.push(connected.then((made) => runWork({ ...made, ...source }, signal)));
      const audited = {
        ...{ database: options.database, subscription, service: work.service, stream, durable },
        ...{ feeds: work.feeds, producer: () => options.feedsOf(work.service), onNotice, onReport },
        ...{ afterMs: options.auditAfterMs ?? 30_000, everyMs: options.auditEveryMs ?? 10_000 },
      };
      loops.push(connected.then((made) => runAudit({ ...made, ...audited }, signal)));
    },
    follow(wanted) {
      const filter = names.filter(wanted.service, [wanted.feed]);
      const feeds = options.feedsOf(wanted.service);
      const running = follow(
        {
          connected,
          filter,
          onNotice,
          quietMs: options.quietMs ?? 5_000,
          locate: (feedSeq, locateSignal) =>
            feeds.locateFeed({ feed: wanted.feed, feedSeq }, { signal: locateSignal, timeoutMs: 10_000 }),
        },
        wanted,
      );
      subscriptions.push({
        subscription: `${wanted.service} ${wanted.feed}`,
        way: "follow",
        consumer: running.consumer,
        staleMs: () => running.follower.staleMs,
      });
      loops.push(running.run(signal));
      return running.follower;
    },
    async kept(name) {
      const patience = AbortSignal.timeout(brokerWaitMs);
      const late = new Promise<never>((_, reject) => {
        const away = () => reject(new ConnectError("the broker is away", Code.Unavailable));
        patience.addEventListener("abort", away, { once: true });
      });
      const made = await Promise.race([connected, late]);
      return openKeptStream(made, { ...names.kept(name), replicas: options.replicas ?? 1 });
    },
    async close() {
      stopping.abort();
      const timer = new Promise((resolve) => setTimeout(resolve, closeTimeoutMs).unref());
      await Promise.race([Promise.allSettled(loops), timer]);
      await connected.then(({ connection }) => connection.close()).catch(() => {});
    },
  };
  if (options.database) brokers.set(events, serviceOf(options.service, options.database, names, manager));
  return events;
}

/** The handlers of FeedService; the host serves them for every service with a database. */
export function feedServiceRoutes(events: Events): ServiceImpl<typeof FeedService> {
  const routes = brokers.get(events);
  if (!routes) throw new Error("FeedService needs events with a database");
  return routes;
}

function serviceOf(
  service: string,
  database: Database,
  names: Names,
  managerNow: () => JetStreamManager | undefined,
): ServiceImpl<typeof FeedService> {
  return feedServiceOf({
    database,
    async streamState() {
      const manager = managerNow();
      if (!manager) throw new ConnectError("the broker is away", Code.Unavailable);
      try {
        const state = await streamState(manager, names.stream(service));
        if (state) return state;
      } catch (error) {
        throw new ConnectError("the broker can't be asked", Code.Unavailable, undefined, undefined, error);
      }
      throw new ConnectError("the stream is not there yet", Code.Unavailable);
    },
  });
}

function workerOf(options: WorkOptions) {
  const { subscription, batchMax, gatherMs = 0, ordered = false, attemptsMax = 5, feeds } = options;
  if (!/^[a-z][a-z0-9-]{0,60}$/.test(subscription))
    throw new Error(`not a subscription's name: ${subscription}`);
  if (feeds.length === 0) throw new Error(`${subscription} needs a feed`);
  return { subscription, batchMax: Math.min(Math.max(batchMax, 1), 1_000), gatherMs, ordered, attemptsMax };
}

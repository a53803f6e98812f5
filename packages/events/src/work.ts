import { fromBinary } from "@bufbuild/protobuf";
import { type Envelope, EnvelopeBatchSchema } from "@marketmesh/contracts/events/v1";
import {
  AckPolicy,
  type Consumer,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  nanos,
} from "nats";
import { handleBatch, handleParked, type Worker, waits } from "./batch.ts";
import { replayDeadLetters } from "./dead-letters.ts";
import { backoffMs, wakeUp } from "./wake-up.ts";

const messagesMax = 64;
const fetchMs = 1_000; // the least that the client allows
const tickEveryMs = 500;

// After so many batches in a row that had to wait for a neighbour, those events are set apart that alone have to.
const waitsMax = 3;

/** A worker and where its events come from. */
export interface WorkSource {
  readonly worker: Worker;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly stream: string;
  readonly filter: string;
  /** Name of the durable consumer at the broker, shared by the replicas. */
  readonly durable: string;
  readonly feeds: ReadonlySet<string>;
  /** A message that is not acknowledged for so long is delivered again. */
  readonly ackWaitMs: number;
}

/** Handles events until the signal aborts; whatever goes wrong at the broker or the database only delays it. */
export async function runWork(source: WorkSource, signal: AbortSignal): Promise<void> {
  const idle = wakeUp();
  const patience = { waited: 0 };
  let lastTickMs = 0;
  for (let failures = 0; !signal.aborted; ) {
    try {
      const consumer = await durableConsumer(source);
      while (!signal.aborted) {
        if (performance.now() - lastTickMs > tickEveryMs) {
          await tick(source.worker, signal);
          lastTickMs = performance.now();
        }
        await fetchAndHandle(source, consumer, patience, signal);
        failures = 0;
      }
    } catch (error) {
      if (signal.aborted) return;
      const attributes = { subscription: source.worker.subscription, error: String(error), failures };
      // Under a second is nothing to tell: a new service's own stream is made while its subscriptions begin.
      if (failures > 3) source.worker.onNotice({ level: "warn", message: "subscription waits", attributes });
      await idle.sleep(backoffMs(failures++), signal);
    }
  }
}

async function tick(worker: Worker, signal: AbortSignal): Promise<void> {
  if (worker.ordered) while (!signal.aborted && (await handleParked(worker)));
  await replayDeadLetters(worker);
}

async function durableConsumer({
  client,
  manager,
  stream,
  durable,
  filter,
  ackWaitMs,
}: WorkSource): Promise<Consumer> {
  await manager.consumers.add(stream, {
    durable_name: durable,
    filter_subject: filter,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(ackWaitMs),
    max_deliver: -1,
    max_ack_pending: 4 * messagesMax,
  });
  return client.consumers.get(stream, durable);
}

/**
 * A fetch is always read to its end: what the broker sends to one that was left would lie there until `ackWaitMs` is
 * over. So a failure is thrown after it, and once the signal is aborted everything is given back at once.
 */
async function fetchAndHandle(
  source: WorkSource,
  consumer: Consumer,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  const { worker } = source;
  const messages = await consumer.fetch({ max_messages: messagesMax, expires: fetchMs });
  const gathering = wakeUp();
  let gathered = worker.gatherMs === 0;
  let waiting: Parcel[] = [];
  let failure: unknown;
  const handleWaiting = async () => {
    const parcels = waiting;
    waiting = [];
    gathered = worker.gatherMs === 0;
    try {
      await handleParcels(worker, parcels, patience);
      if (worker.ordered) await tick(worker, signal);
    } catch (error) {
      failure = error;
    }
  };
  for await (const message of messages) {
    if (signal.aborted || failure !== undefined) {
      message.nak(signal.aborted ? 0 : backoffMs(3));
      continue;
    }
    waiting.push(open(source, message));
    // As long as more has arrived the batch grows: few and large transactions under load, small ones when quiet.
    const count = waiting.reduce((sum, parcel) => sum + parcel.envelopes.length, 0);
    if (count < worker.batchMax) {
      if (messages.getPending() <= 1 && count > 0 && !gathered) {
        await gathering.sleep(worker.gatherMs, signal);
        gathered = true;
      }
      if (messages.getPending() > 1) continue;
    }
    await handleWaiting();
  }
  // What seemed to be more was the end of the fetch.
  if (waiting.length > 0 && signal.aborted) for (const { message } of waiting) message.nak();
  else if (waiting.length > 0) await handleWaiting();
  if (failure !== undefined) throw failure;
}

/** How many batches in a row had to wait for a neighbour, wholly or in part. */
interface Patience {
  waited: number;
}

interface Parcel {
  readonly message: JsMsg;
  readonly envelopes: readonly Envelope[];
}

function open(source: WorkSource, message: JsMsg): Parcel {
  const { envelopes } = fromBinary(EnvelopeBatchSchema, message.data);
  return { message, envelopes: envelopes.filter((envelope) => source.feeds.has(envelope.feed)) };
}

/**
 * Handles the events of several messages in transactions of at most `batchMax`. A message with an event that failed is
 * delivered again after a while, and what it holds besides is skipped then; the others are acknowledged.
 */
async function handleParcels(worker: Worker, parcels: readonly Parcel[], patience: Patience): Promise<void> {
  const envelopes = parcels.flatMap((parcel) => parcel.envelopes);
  const failing = new Map<Envelope, number>();
  const apart = patience.waited >= waitsMax;
  try {
    for (let start = 0; start < envelopes.length; start += worker.batchMax) {
      const part = await handleBatch(worker, envelopes.slice(start, start + worker.batchMax), apart);
      for (const [envelope, attempts] of part) failing.set(envelope, attempts);
      if (start > 0) for (const { message } of parcels) message.working();
    }
  } catch (error) {
    for (const { message } of parcels) message.nak(backoffMs(3));
    patience.waited++;
    throw error;
  }
  if (![...failing.values()].includes(waits)) patience.waited = 0;
  for (const { message, envelopes: own } of parcels) {
    const attempts = Math.max(0, ...own.map((envelope) => failing.get(envelope) ?? 0));
    if (attempts > 0) message.nak(backoffMs(attempts));
    else message.ack();
  }
}

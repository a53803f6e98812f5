import { Code, ConnectError } from "@connectrpc/connect";
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "nats";
import type { Broker } from "./broker.ts";
import { isStreamMissing } from "./stream.ts";

/** One thing to remember. */
export interface KeptMessage {
  /** Names its content: a repeat within two minutes is dropped by the broker, a later one stands there twice. */
  readonly id: string;
  readonly data: Uint8Array;
}

/**
 * A stream that nothing is ever removed from: what must outlive the database and each of its backups. Replicas share it.
 *
 * What the broker has acknowledged is in a file, but a nats-server calls fsync only each `sync_interval` (two minutes unless it is
 * configured): a crash of its machine, not of its process, may take the last messages. Three replicas on machines that do not
 * fail together, or `sync_interval: always`, keep them.
 */
export interface KeptStream {
  /** All of it, in the order in which it was kept. */
  read(): Promise<readonly Uint8Array[]>;
  /** Resolves when the broker has acknowledged every message; throws UNAVAILABLE when it does not. */
  append(messages: readonly KeptMessage[]): Promise<void>;
}

export interface KeptStreamOptions {
  readonly stream: string;
  readonly subject: string;
  readonly replicas: number;
}

const fetchMax = 1_000;
const fetchMs = 5_000;
const ackMs = 5_000;

/**
 * Opens the stream, or makes it. Throws UNAVAILABLE when the broker does not answer, and an error that names the settings by which a
 * stream that is there already could lose something.
 */
export async function openKeptStream(broker: Broker, options: KeptStreamOptions): Promise<KeptStream> {
  await answered(ensure(broker, options));
  return {
    read: () => answered(readAll(broker, options.stream)),
    append: async (messages) => {
      const publish = ({ id, data }: KeptMessage) =>
        broker.client.publish(options.subject, data, {
          msgID: id,
          timeout: ackMs,
          expect: { streamName: options.stream },
        });
      await answered(Promise.all(messages.map(publish)));
    },
  };
}

async function ensure({ manager }: Broker, { stream, subject, replicas }: KeptStreamOptions): Promise<void> {
  const wanted = {
    name: stream,
    subjects: [subject],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    num_replicas: replicas,
    deny_delete: true,
    deny_purge: true,
  };
  try {
    const { config } = await manager.streams.info(stream);
    refuseLossy(config);
    if (config.num_replicas !== replicas) await manager.streams.update(stream, { num_replicas: replicas });
  } catch (error) {
    if (!isStreamMissing(error)) throw error;
    await manager.streams.add(wanted);
  }
}

/** By how a stream of the same name was made it may forget; what it has forgotten already nobody can tell. */
function refuseLossy(config: StreamConfig): void {
  const wrong = [
    config.max_age !== 0 && "max_age",
    config.max_msgs !== -1 && "max_msgs",
    config.max_bytes !== -1 && "max_bytes",
    config.max_msgs_per_subject !== -1 && "max_msgs_per_subject",
    !config.deny_delete && "deny_delete",
    !config.deny_purge && "deny_purge",
  ].filter((name) => name !== false);
  if (wrong.length > 0) throw new LossyStreamError(config.name, wrong);
}

/** An existing stream does not keep all that it is given. */
class LossyStreamError extends Error {
  override readonly name = "LossyStreamError";

  constructor(stream: string, settings: readonly string[]) {
    super(`${stream} does not keep everything (${settings.join(", ")}): copy it to a stream that does`);
  }
}

async function readAll({ manager, client }: Broker, stream: string): Promise<readonly Uint8Array[]> {
  const { state } = await manager.streams.info(stream);
  const all: Uint8Array[] = [];
  if (state.messages === 0) return all;
  const { name } = await manager.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
    inactive_threshold: nanos(30_000),
    mem_storage: true,
    num_replicas: 1,
  });
  const consumer = await client.consumers.get(stream, name);
  for (let read = 0; read < state.last_seq; ) {
    const messages = await consumer.fetch({ max_messages: fetchMax, expires: fetchMs });
    const before = read;
    for await (const message of messages) {
      all.push(message.data);
      read = message.info.streamSequence;
      // The rest of the wait would be for nothing.
      if (read >= state.last_seq) messages.stop();
    }
    if (read === before) throw new Error(`${stream} was not read to its end`);
  }
  await consumer.delete();
  return all;
}

async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof LossyStreamError) throw cause;
    throw new ConnectError(
      "the broker keeps nothing at the moment",
      Code.Unavailable,
      undefined,
      undefined,
      cause,
    );
  }
}

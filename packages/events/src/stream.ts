import {
  DiscardPolicy,
  type JetStreamManager,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "nats";

const dayMs = 86_400_000;

/** What a stream is at this moment. */
export interface StreamState {
  readonly name: string;
  /** Changes when the stream is deleted and made anew: its creation time as the broker tells. */
  readonly identity: string;
  readonly firstSeq: bigint;
  readonly lastSeq: bigint;
}

export interface StreamOptions {
  readonly name: string;
  readonly subjects: string;
  readonly bytesMax: number;
  readonly replicas: number;
}

/** Makes the stream as it should be, or brings one that exists up to date. Throws NatsError when the broker is away. */
export async function ensureStream(manager: JetStreamManager, options: StreamOptions): Promise<StreamState> {
  const wanted: Partial<StreamConfig> = {
    name: options.name,
    subjects: [options.subjects],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_age: nanos(7 * dayMs),
    max_bytes: options.bytesMax,
    duplicate_window: nanos(120_000),
    num_replicas: options.replicas,
  };
  try {
    const info = await manager.streams.info(options.name);
    const same = info.config.max_bytes === options.bytesMax && info.config.num_replicas === options.replicas;
    return stateOf(same ? info : await manager.streams.update(options.name, wanted));
  } catch (error) {
    if (!isStreamMissing(error)) throw error;
    return stateOf(await manager.streams.add(wanted));
  }
}

/** The stream's state; undefined when there is none. */
export async function streamState(manager: JetStreamManager, name: string): Promise<StreamState | undefined> {
  try {
    return stateOf(await manager.streams.info(name));
  } catch (error) {
    if (isStreamMissing(error)) return undefined;
    throw error;
  }
}

/** True for the broker's answer that a stream or consumer does not exist. */
export function isStreamMissing(error: unknown): boolean {
  return error instanceof NatsError && (error.code === "404" || error.api_error?.code === 404);
}

function stateOf(info: Awaited<ReturnType<JetStreamManager["streams"]["info"]>>): StreamState {
  return {
    name: info.config.name,
    identity: String(info.created),
    firstSeq: BigInt(info.state.first_seq),
    lastSeq: BigInt(info.state.last_seq),
  };
}

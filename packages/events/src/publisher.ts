import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Envelope, EnvelopeBatchSchema, EnvelopeSchema } from "@marketmesh/contracts/events/v1";
import { headers, type JetStreamClient } from "nats";
import type { Names } from "./names.ts";
import { publishSpan } from "./spans.ts";
import type { PublishedRow, StampedRow } from "./stamping.ts";

const envelopesMax = 500;
const messageBytesMax = 512 * 1024;
const inFlightBytesMax = 4 * 1024 * 1024;
const ackTimeoutMs = 5_000;

/** What became of the rows given to `publish`. */
export interface PublishResult {
  readonly published: readonly PublishedRow[];
  /** The first failure; its rows and those behind it in its partition are to be published again, in order. */
  readonly failure: unknown;
}

interface Parcel {
  readonly subject: string;
  readonly attempt: number;
  readonly rows: StampedRow[];
  bytes: number;
}

/** Publishes rows in the order given, packed by feed and partition, with a bounded number of bytes in flight. */
export async function publish(
  client: JetStreamClient,
  names: Names,
  service: string,
  rows: readonly StampedRow[],
): Promise<PublishResult> {
  const published: PublishedRow[] = [];
  const inFlight = new Set<Promise<void>>();
  let bytesInFlight = 0;
  let failure: unknown;
  for (const parcel of parcelsOf(names, service, rows)) {
    while (bytesInFlight + parcel.bytes > inFlightBytesMax && inFlight.size > 0) await Promise.race(inFlight);
    // What follows a failure waits, so that a partition's order is kept as well as the broker allows.
    if (failure !== undefined) break;
    bytesInFlight += parcel.bytes;
    const sent = send(client, service, parcel)
      .then((streamSeq) => {
        for (const row of parcel.rows) published.push({ id: row.id, streamSeq });
      })
      .catch((error) => {
        failure ??= error;
      })
      .finally(() => {
        bytesInFlight -= parcel.bytes;
        inFlight.delete(sent);
      });
    inFlight.add(sent);
  }
  await Promise.all(inFlight);
  return { published, failure };
}

function parcelsOf(names: Names, service: string, rows: readonly StampedRow[]): Parcel[] {
  const parcels: Parcel[] = [];
  const open = new Map<string, Parcel>();
  for (const row of rows) {
    const subject = names.subject(service, row.feed, row.bucket);
    const last = open.get(subject);
    const bytes = row.fact.length + 200;
    if (
      last &&
      last.attempt === row.attempt &&
      last.rows.length < envelopesMax &&
      last.bytes + bytes <= messageBytesMax
    ) {
      last.rows.push(row);
      last.bytes += bytes;
    } else {
      const parcel = { subject, attempt: row.attempt, rows: [row], bytes };
      open.set(subject, parcel);
      parcels.push(parcel);
    }
  }
  return parcels;
}

async function send(client: JetStreamClient, service: string, parcel: Parcel): Promise<number> {
  const envelopes = parcel.rows.map((row) => envelopeOf(service, row));
  const first = parcel.rows[0]?.id;
  const last = parcel.rows.at(-1)?.id;
  const msgID = `${first}-${last}.${parcel.attempt}`;
  const payload = toBinary(EnvelopeBatchSchema, create(EnvelopeBatchSchema, { envelopes }));
  const traceparents = parcel.rows.map((row) => row.traceparent);
  const sending = { feed: parcel.rows[0]?.feed ?? "", subject: parcel.subject, traceparents };
  const options = { msgID, timeout: ackTimeoutMs, headers: headers() };
  const ack = await publishSpan(sending, () => client.publish(parcel.subject, payload, options));
  return ack.seq;
}

function envelopeOf(service: string, row: StampedRow): Envelope {
  return create(EnvelopeSchema, {
    eventId: BigInt(row.id),
    service,
    feed: row.feed,
    feedEpoch: BigInt(row.feed_epoch),
    feedSeq: BigInt(row.feed_seq),
    market: row.market,
    aggregateId: row.aggregate_id,
    aggregateVersion: BigInt(row.version),
    bucket: row.bucket,
    occurTime: timestampFromMs(Number(row.occur_ms)),
    traceparent: row.traceparent,
    fact: { typeUrl: row.fact_type, value: row.fact },
  });
}

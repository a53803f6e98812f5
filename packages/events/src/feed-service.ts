import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type DeadLetterSchema,
  DeadLetterState,
  EnvelopeSchema,
  type FeedAuditSchema,
  type FeedService,
  type GetEventCountsResponseSchema,
} from "@marketmesh/contracts/events/v1";
import { ErrorInfoSchema } from "@marketmesh/contracts/google/rpc";
import type { Database, Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import { type AuditReport, readAudits } from "./audit-store.ts";
import { type Location, locate } from "./location.ts";
import type { StreamState } from "./stream.ts";

const stampedMax = 1_000n;
const seqsMax = 1_000;
const pageMax = 200;
const pageDefault = 50;

/** What FeedService is made of. */
export interface FeedServiceDeps {
  readonly database: Database;
  /** The state of this service's stream; UNAVAILABLE when the broker can't be asked or the stream is not there yet. */
  streamState(): Promise<StreamState>;
}

export function feedServiceOf({ database, streamState }: FeedServiceDeps): ServiceImpl<typeof FeedService> {
  const inBackground = <T>(work: (tx: Tx) => Promise<T>) => database.background(work);
  return {
    async locateFeed({ feed, feedSeq }) {
      const stream = await streamState();
      const found: Location = await inBackground((tx) => locate(tx, feed, feedSeq, stream));
      const { streamSeq, lastSeq, purged } = found;
      return {
        stream: stream.name,
        streamSeq,
        feedEpoch: found.epoch,
        lastSeq,
        purged,
        streamIdentity: stream.identity,
      };
    },
    async listStamped({ feed, fromSeq, toSeq }) {
      if (fromSeq < 1n || toSeq < fromSeq) throw invalid("to_seq", "the range needs 1 <= from_seq <= to_seq");
      // One snapshot: a counter read after the rows would tell of positions that the rows could not hold yet.
      return database.background((tx) => listStamped(tx, feed, fromSeq, toSeq), {
        isolation: "repeatable read",
        readOnly: true,
      });
    },
    async republish({ feed, feedSeqs, sinceTime }) {
      if (feedSeqs.length > 0 === (sinceTime !== undefined)) {
        throw invalid("feed_seqs", "give either feed_seqs or since_time");
      }
      if (feedSeqs.length > seqsMax) throw invalid("feed_seqs", `at most ${seqsMax} positions`);
      const which = sinceTime
        ? sql`occur_time >= ${timestampDate(sinceTime).toISOString()}`
        : sql`feed_seq = any(cast(${`{${feedSeqs.join(",")}}`} as bigint[]))
            and feed_epoch = (select epoch from marketmesh.feeds where feed = ${feed})`;
      return { eventsCount: BigInt(await inBackground((tx) => republish(tx, feed, which))) };
    },
    async listDeadLetters({ pageSize, pageToken, subscription }) {
      if (!/^\d{0,18}$/.test(pageToken)) throw invalid("page_token", "not a page token of this list");
      const size = Math.min(pageSize > 0 ? pageSize : pageDefault, pageMax);
      const rows = await inBackground((tx) => readDeadLetters(tx, size + 1, pageToken, subscription));
      const page = rows.slice(0, size).map(deadLetterOf);
      for (const letter of page)
        if (letter.envelope) letter.envelope = { ...letter.envelope, fact: undefined };
      return { deadLetters: page, nextPageToken: rows.length > size ? (rows[size - 1]?.id ?? "") : "" };
    },
    async getDeadLetter({ deadLetterId }) {
      return { deadLetter: deadLetterOf(await inBackground((tx) => readDeadLetter(tx, deadLetterId))) };
    },
    async replayDeadLetter({ deadLetterId }) {
      return { deadLetter: deadLetterOf(await inBackground((tx) => askForReplay(tx, deadLetterId))) };
    },
    async listFeedAudits({ subscription }) {
      return { audits: (await inBackground((tx) => readAudits(tx, subscription))).map(auditOf) };
    },
    getEventCounts: () => inBackground(readCounts),
  };
}

async function listStamped(tx: Tx, feed: string, fromSeq: bigint, toSeq: bigint) {
  const last = toSeq - fromSeq >= stampedMax ? fromSeq + stampedMax - 1n : toSeq;
  const [counter] = await tx.execute<{ epoch: string; last_seq: string; first_seq: string | null }>(sql`
    select epoch, last_seq, (select min(feed_seq) from marketmesh.outbox o
      where o.feed = f.feed and o.feed_epoch = f.epoch) as first_seq
    from marketmesh.feeds f where feed = ${feed}`);
  const feedEpoch = BigInt(counter?.epoch ?? 1);
  const rows = await tx.execute<StampedRow>(sql`
    select feed_seq, id, (extract(epoch from publish_time) * 1000)::bigint as ms, stream_seq, stream_identity
    from marketmesh.outbox where feed = ${feed} and feed_epoch = ${feedEpoch}
      and feed_seq between ${fromSeq} and ${last} order by feed_seq`);
  const events = rows.map((row) => ({
    feedSeq: BigInt(row.feed_seq),
    eventId: BigInt(row.id),
    feedEpoch,
    streamSeq: BigInt(row.stream_seq ?? 0),
    streamIdentity: row.stream_identity ?? "",
    ...(row.ms ? { publishTime: timestampFromMs(Number(row.ms)) } : {}),
  }));
  const lastSeq = BigInt(counter?.last_seq ?? 0);
  return { events, lastSeq, feedEpoch, firstSeq: BigInt(counter?.first_seq ?? 0) };
}

interface StampedRow extends Record<string, unknown> {
  readonly feed_seq: string;
  readonly id: string;
  readonly ms: string | null;
  readonly stream_seq: string | null;
  readonly stream_identity: string | null;
}

// The relay takes them as unpublished, under a new attempt and so under a message id the broker has not seen.
async function republish(tx: Tx, feed: string, which: SQL): Promise<number> {
  const result = await tx.execute(sql`update marketmesh.outbox
    set attempt = attempt + 1, publish_time = null, stream_seq = null, stream_identity = null
    where feed = ${feed} and publish_time is not null and ${which}`);
  await tx.execute(sql`select marketmesh.wake_relay()`);
  return result.count;
}

interface DeadLetterRow extends Record<string, unknown> {
  readonly id: string;
  readonly subscription: string;
  readonly envelope: Buffer;
  readonly error: string;
  readonly attempts: number;
  readonly state: "DEAD" | "REPLAYING" | "HANDLED";
  readonly ms: string;
}

const deadLetterColumns = sql`id, subscription, envelope, error, attempts, state,
  (extract(epoch from create_time) * 1000)::bigint as ms`;

async function readDeadLetters(tx: Tx, limit: number, before: string, subscription: string) {
  return tx.execute<DeadLetterRow>(sql`select ${deadLetterColumns} from marketmesh.dead_letters
    where id < ${before === "" ? "9223372036854775807" : before} and ${subscription} in ('', subscription)
    order by id desc limit ${limit}`);
}

async function readDeadLetter(tx: Tx, id: bigint): Promise<DeadLetterRow> {
  const [row] = await tx.execute<DeadLetterRow>(
    sql`select ${deadLetterColumns} from marketmesh.dead_letters where id = ${id}`,
  );
  if (!row)
    throw refusal(Code.NotFound, "DEAD_LETTER_NOT_FOUND", `no dead letter ${id}`, {
      dead_letter_id: String(id),
    });
  return row;
}

async function askForReplay(tx: Tx, id: bigint): Promise<DeadLetterRow> {
  const [row] = await tx.execute<DeadLetterRow>(sql`update marketmesh.dead_letters set state = 'REPLAYING'
    where id = ${id} and state = 'DEAD' returning ${deadLetterColumns}`);
  if (row) return row;
  const { state } = await readDeadLetter(tx, id);
  const metadata = { dead_letter_id: String(id), state };
  throw refusal(Code.FailedPrecondition, "DEAD_LETTER_NOT_DEAD", `dead letter ${id} is ${state}`, metadata);
}

function deadLetterOf(row: DeadLetterRow): MessageInitShape<typeof DeadLetterSchema> {
  return {
    deadLetterId: BigInt(row.id),
    subscription: row.subscription,
    envelope: fromBinary(EnvelopeSchema, row.envelope),
    error: row.error,
    attemptsCount: row.attempts,
    state: DeadLetterState[row.state],
    createTime: timestampFromMs(Number(row.ms)),
  };
}

function auditOf(report: AuditReport): MessageInitShape<typeof FeedAuditSchema> {
  const { subscription, service, feed, auditedTo, lastSeq, oldestGapMs, auditMs } = report;
  return {
    subscription,
    service,
    feed,
    feedEpoch: report.epoch,
    auditedTo,
    lastSeq,
    gapsCount: BigInt(report.gaps),
    repairedCount: report.repaired,
    lostCount: report.lost,
    ...(oldestGapMs === undefined ? {} : { oldestGapTime: timestampFromMs(oldestGapMs) }),
    ...(auditMs === undefined ? {} : { auditTime: timestampFromMs(auditMs) }),
  };
}

async function readCounts(tx: Tx): Promise<MessageInitShape<typeof GetEventCountsResponseSchema>> {
  const rows = await tx.execute<{ name: string; value: string }>(
    sql`select name, sum(value) as value from marketmesh.event_counters group by name`,
  );
  const [waiting] = await tx.execute<{ pending: string }>(
    sql`select count(*) as pending from marketmesh.outbox where publish_time is null`,
  );
  const of = (name: string) => BigInt(rows.find((row) => row.name === name)?.value ?? 0);
  return {
    published: of("published"),
    consumed: of("consumed"),
    redelivered: of("redelivered"),
    dead: of("dead"),
    pending: BigInt(waiting?.pending ?? 0),
  };
}

function invalid(field: string, message: string): ConnectError {
  return refusal(Code.InvalidArgument, "SELECTION_INVALID", message, { field });
}

function refusal(
  code: Code,
  reason: string,
  message: string,
  metadata: Record<string, string>,
): ConnectError {
  const value = create(ErrorInfoSchema, { reason, domain: "events.marketmesh", metadata });
  return new ConnectError(message, code, undefined, [{ desc: ErrorInfoSchema, value }]);
}

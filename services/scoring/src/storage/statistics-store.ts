import { createHash } from "node:crypto";
import { bucketOf, type Tx } from "@marketmesh/postgres";
import {
  type PackedStatistics,
  packStatistics,
  type TokenStatistics,
  unpackStatistics,
} from "@marketmesh/ranking";
import { sql } from "drizzle-orm";
import type { CountedRef, StatisticsHead } from "../domain/statistics.ts";

/** Statistics of a market beyond this many, by id, are not looked at. */
const headsMax = 1_000;

interface HeadRow extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly version: string;
  readonly attributes: string;
  readonly document_count: string;
  readonly term_count: string;
  readonly feed_seq: string;
  readonly update_time: string;
}

const headColumns = sql.raw(`s.market, s.id, v.version, v.attributes::text as attributes, v.document_count,
  v.term_count, v.feed_seq, extract(epoch from v.update_time) as update_time`);
const ofCurrent = sql.raw(
  "v.market = s.market and v.bucket = s.bucket and v.statistics = s.id and v.version = s.version",
);

/** The current statistics of a market, by id. */
export async function listStatisticsHeads(tx: Tx, market: string): Promise<StatisticsHead[]> {
  const rows = await tx.execute<HeadRow>(sql`
    select ${headColumns} from statistics s join statistics_versions v on ${ofCurrent}
    where s.market = ${market} order by s.id limit ${headsMax}`);
  return rows.map(headOf);
}

export async function findStatisticsHead(
  tx: Tx,
  market: string,
  id: string,
): Promise<StatisticsHead | undefined> {
  const [row] = await tx.execute<HeadRow>(sql`
    select ${headColumns} from statistics s join statistics_versions v on ${ofCurrent}
    where s.market = ${market} and s.bucket = ${bucketOf(id)} and s.id = ${id}`);
  return row && headOf(row);
}

/** The counts of statistics at a version. */
export async function findCounts(tx: Tx, head: StatisticsHead): Promise<TokenStatistics | undefined> {
  const [row] = await tx.execute<{ document_count: string; terms: string; frequencies: Buffer }>(sql`
    select document_count, terms, frequencies from statistics_versions
    where market = ${head.market} and bucket = ${bucketOf(head.id)} and statistics = ${head.id}
      and version = ${String(head.version)}`);
  if (row === undefined) return undefined;
  return unpackStatistics({
    documents: Number(row.document_count),
    tokens: JSON.parse(row.terms) as string[],
    frequencies: numbersOf(row.frequencies),
  });
}

/** A count that was made, to be kept as the next version. */
export interface NewStatistics {
  readonly market: string;
  readonly id: string;
  readonly attributes: readonly CountedRef[];
  readonly counts: TokenStatistics;
  readonly feedSeq: bigint;
  readonly updateTime: Date;
}

/** Keeps a count as the next version, unless the current one is equal. Answers with what is current then. */
export async function saveStatistics(tx: Tx, made: NewStatistics): Promise<StatisticsHead> {
  const { market, id } = made;
  const bucket = bucketOf(id);
  // The row is made before it is locked, so that two first collections wait for each other.
  await tx.execute(sql`
    insert into statistics (market, bucket, id, version) values (${market}, ${bucket}, ${id}, 0) on conflict do nothing`);
  await tx.execute(
    sql`select 1 from statistics where market = ${market} and bucket = ${bucket} and id = ${id} for update`,
  );
  const packed = packStatistics(made.counts);
  const digest = digestOf(made.attributes, packed);
  const [current] = await tx.execute<{ version: string; sha256: Buffer }>(sql`
    select v.version, v.sha256 from statistics s join statistics_versions v on ${ofCurrent}
    where s.market = ${market} and s.bucket = ${bucket} and s.id = ${id}`);
  if (!current?.sha256.equals(digest)) {
    await insertVersion(tx, made, { version: BigInt(current?.version ?? 0) + 1n, packed, digest });
  }
  const head = await findStatisticsHead(tx, market, id);
  if (head === undefined) throw new Error(`statistics ${id} vanished while they were locked`);
  return head;
}

async function insertVersion(
  tx: Tx,
  { market, id, attributes, feedSeq, updateTime }: NewStatistics,
  next: { readonly version: bigint; readonly packed: PackedStatistics; readonly digest: Buffer },
): Promise<void> {
  const { version, packed, digest } = next;
  await tx.execute(sql`
    insert into statistics_versions (market, bucket, statistics, version, attributes, document_count, term_count,
      terms, frequencies, sha256, feed_seq, update_time)
    values (${market}, ${bucketOf(id)}, ${id}, ${String(version)}, ${JSON.stringify(attributes)}::text::json,
      ${packed.documents}, ${packed.tokens.length}, ${JSON.stringify(packed.tokens)}, ${bytesOf(packed.frequencies)},
      ${digest}, ${String(feedSeq)}, ${updateTime.toISOString()}::timestamptz)`);
  await tx.execute(sql`
    update statistics set version = ${String(version)}
    where market = ${market} and bucket = ${bucketOf(id)} and id = ${id}`);
}

function digestOf(attributes: readonly CountedRef[], packed: PackedStatistics): Buffer {
  const refs = attributes.map(({ kind, attribute }) => [kind, attribute]);
  return createHash("sha256")
    .update(JSON.stringify([refs, packed.documents, packed.tokens]))
    .update(bytesOf(packed.frequencies))
    .digest();
}

function bytesOf(numbers: Uint32Array): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [at, value] of numbers.entries()) bytes.writeUInt32LE(value, at * 4);
  return bytes;
}

function numbersOf(bytes: Buffer): Uint32Array {
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32LE(at * 4));
}

function headOf(row: HeadRow): StatisticsHead {
  return {
    market: row.market,
    id: row.id,
    version: BigInt(row.version),
    attributes: JSON.parse(row.attributes) as CountedRef[],
    documentCount: Number(row.document_count),
    termCount: Number(row.term_count),
    feedSeq: BigInt(row.feed_seq),
    updateTime: new Date(Math.round(Number(row.update_time) * 1000)),
  };
}

import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import {
  packCertificate,
  packGraph,
  type RecordedCertificate,
  type RecordedGraph,
  unpackCertificate,
  unpackGraph,
} from "../domain/packed-graph.ts";

const compress = promisify(gzip);
const decompress = promisify(gunzip);
const options = { level: 1 };

/** A round's graph and proof, ready to be written. */
export interface CompressedGraph {
  readonly content: Uint8Array;
  /** Undefined: the strategy proves nothing. */
  readonly certificate: Uint8Array | undefined;
}

/** Compresses outside of any transaction, and off the main thread. */
export async function compressGraph(
  recorded: RecordedGraph,
  certificate: RecordedCertificate | undefined,
): Promise<CompressedGraph> {
  const [content, proof] = await Promise.all([
    compress(packGraph(recorded), options),
    certificate && compress(packCertificate(certificate), options),
  ]);
  return { content, certificate: proof };
}

export async function insertRoundGraph(
  tx: Tx,
  market: string,
  round: string,
  { content, certificate }: CompressedGraph,
): Promise<void> {
  await tx.execute(sql`
    insert into round_graphs (market, bucket, round, content, certificate)
    values (${market}, ${bucketOf(round)}, ${round}, ${content}, ${certificate ?? null})`);
}

/** What a round solved; undefined when it has not, or its record is gone. */
export async function readRoundGraph(
  tx: Tx,
  market: string,
  round: string,
): Promise<(RecordedGraph & { readonly certificate: RecordedCertificate | undefined }) | undefined> {
  const [row] = await tx.execute<{ content: Uint8Array; certificate: Uint8Array | null }>(sql`
    select content, certificate from round_graphs
    where market = ${market} and bucket = ${bucketOf(round)} and round = ${round}`);
  if (!row) return undefined;
  return {
    ...unpackGraph(await decompress(row.content)),
    certificate: row.certificate ? unpackCertificate(await decompress(row.certificate)) : undefined,
  };
}

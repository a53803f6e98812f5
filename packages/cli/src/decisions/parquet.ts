import { rmSync } from "node:fs";
import { writeLines } from "./ndjson-file.ts";
import { writeWhole } from "./write-whole.ts";

const pair = `STRUCT(supply VARCHAR, demandScore INTEGER, supplyScore INTEGER, chosen BOOLEAN, units BIGINT, lostBecause VARCHAR,
  hold VARCHAR, holdState VARCHAR, offerState VARCHAR, answerTime TIMESTAMPTZ, declineReason VARCHAR)`;

/** What a record has, by the names of NDJSON; stated, so that a file has the same columns whatever its rows leave out. */
export const columns: Readonly<Record<string, string>> = {
  decision: "VARCHAR",
  recordTime: "TIMESTAMPTZ",
  decisionTime: "TIMESTAMPTZ",
  demand: "VARCHAR",
  plan: "VARCHAR",
  planVersion: "BIGINT",
  round: "VARCHAR",
  policyVersion: "BIGINT",
  demandModelVersion: "BIGINT",
  supplyModelVersion: "BIGINT",
  statisticsVersion: "BIGINT",
  demandVersion: "BIGINT",
  feedSeq: "BIGINT",
  openUnits: "BIGINT",
  result: "VARCHAR",
  strategy: "VARCHAR",
  release: "VARCHAR",
  resultHash: "VARCHAR",
  primal: "DOUBLE",
  dual: "DOUBLE",
  pairs: `${pair.replaceAll(/\s+/g, " ")}[]`,
};

/** Writes records as one Parquet file (zstd), by DuckDB, over an NDJSON file beside it that is removed. */
export async function writeParquet(records: AsyncIterable<unknown>, out: string): Promise<void> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const lines = `${out}.ndjson.unfinished`;
  try {
    await writeLines(records, lines);
    await writeWhole(out, (path) => copyLines(DuckDBInstance, lines, path));
  } finally {
    rmSync(lines, { force: true });
  }
}

async function copyLines(
  database: typeof import("@duckdb/node-api").DuckDBInstance,
  lines: string,
  path: string,
): Promise<void> {
  const instance = await database.create(":memory:");
  const connection = await instance.connect();
  try {
    const types = Object.entries(columns).map(([name, type]) => `'${name}': '${type}'`);
    await connection.run(`copy (select * from read_json(${quoted(lines)}, format = 'newline_delimited',
      maximum_object_size = 67108864, columns = {${types.join(", ")}}))
      to ${quoted(path)} (format parquet, compression zstd)`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}

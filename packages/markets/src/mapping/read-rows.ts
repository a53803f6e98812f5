import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { parse as parseCsv } from "csv-parse";
import { DocumentError } from "../document.ts";
import type { FileMapping } from "../scenario.ts";

/** One row of a file: column name to text, number, boolean, or a list of them. */
export type SourceRow = Readonly<Record<string, unknown>>;

/** The rows of a file within the mapping's range, with their numbers from 1, one at a time. */
export async function* readRows(mapping: FileMapping): AsyncGenerator<{ line: number; row: SourceRow }> {
  const { from = 1, to = Number.POSITIVE_INFINITY } = mapping.rows ?? {};
  const seen = new Set<string>();
  let line = 0;
  for await (const row of rowsOf(mapping, await open(mapping))) {
    line += 1;
    if (line > to) return;
    if (line < from || (mapping.dedupe && isRepeated(row, seen))) continue;
    yield { line, row };
  }
}

async function open(mapping: FileMapping): Promise<Readable> {
  await access(mapping.path).catch((cause) => {
    throw new DocumentError(`${mapping.path}: cannot be read (${cause.code})`, { cause });
  });
  const file = createReadStream(mapping.path);
  if (!mapping.gzip) return file;
  const text = createGunzip();
  file.on("error", (error) => text.destroy(error));
  return file.pipe(text);
}

function rowsOf(mapping: FileMapping, text: Readable): AsyncIterable<SourceRow> {
  return mapping.format === "NDJSON" ? jsonRows(mapping, text) : separatedRows(mapping, text);
}

async function* jsonRows(mapping: FileMapping, text: Readable): AsyncGenerator<SourceRow> {
  let line = 0;
  for await (const json of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (json.trim() !== "") yield parseObject(json, `${mapping.path}:${line}`);
  }
}

function parseObject(json: string, at: string): SourceRow {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as SourceRow;
  } catch {}
  throw new DocumentError(`${at}: not a JSON object`);
}

async function* separatedRows(mapping: FileMapping, text: Readable): AsyncGenerator<SourceRow> {
  const tsv = mapping.format === "TSV";
  const records = text.pipe(
    parseCsv({
      bom: true,
      delimiter: tsv ? "\t" : ",",
      quote: tsv ? false : '"',
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }),
  );
  text.on("error", (error) => records.destroy(error));
  let columns = mapping.header ? undefined : mapping.columns;
  for await (const record of records as AsyncIterable<string[]>) {
    if (columns === undefined) columns = mapping.columns ?? record;
    else yield named(columns, record);
    if (columns === undefined)
      throw new DocumentError(`${mapping.path}: columns are needed without a header`);
  }
}

/** Names the fields of a record; a last column that ends in `...` takes all that is left. */
function named(columns: readonly string[], record: readonly string[]): SourceRow {
  const row: Record<string, unknown> = {};
  for (const [at, column] of columns.entries()) {
    if (column.endsWith("...")) row[column.slice(0, -3)] = record.slice(at);
    else if (at < record.length) row[column] = record[at];
  }
  return row;
}

function isRepeated(row: SourceRow, seen: Set<string>): boolean {
  const key = JSON.stringify(row);
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}

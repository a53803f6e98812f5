import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { UsageError } from "../../usage-error.ts";

/** A record of a file: its fields by name. */
export interface FileRecord {
  readonly line: number;
  field(name: string): string | number | undefined;
}

/**
 * The records of a file, CSV or NDJSON (a first line that begins with `{`), plain or `.gz`. In CSV the first line may name the columns;
 * without it they come in the stated order. Ids may not contain commas in CSV; NDJSON takes any.
 */
export async function* recordsOf(path: string, columns: readonly string[]): AsyncGenerator<FileRecord> {
  let number = 0;
  let order = columns;
  let ndjson: boolean | undefined;
  for await (const raw of linesOf(path)) {
    number += 1;
    const line = raw.trim();
    if (line === "") continue;
    const isFirst = ndjson === undefined;
    ndjson ??= line.startsWith("{");
    if (ndjson) {
      yield objectRecord(path, number, line);
      continue;
    }
    const cells = line.split(",").map((cell) => cell.trim());
    if (isFirst && columns.every((column) => cells.includes(column))) {
      order = cells;
      continue;
    }
    if (isFirst && columns.some((column) => cells.includes(column))) {
      throw new UsageError(
        `${path}:${number}: columns ${line}; allowed: with ${columns.join(", ")} among them`,
      );
    }
    if (cells.length !== order.length) {
      throw new UsageError(
        `${path}:${number}: ${cells.length} fields; allowed: ${order.length}, ${order.join(",")}`,
      );
    }
    const names = order;
    yield { line: number, field: (name) => cells[names.indexOf(name)] };
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  // What goes wrong with either stream ends the one that is read.
  const input = path.endsWith(".gz") ? pipeline(file, createGunzip(), () => {}) : file;
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) return;
      yield value;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${path} can't be read (${code ?? message})`);
  } finally {
    file.destroy();
  }
}

function objectRecord(path: string, line: number, text: string): FileRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {}
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError(`${path}:${line}: not a JSON object`);
  }
  const fields = value as Readonly<Record<string, unknown>>;
  return {
    line,
    field: (name) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return typeof field === "string" || typeof field === "number" ? field : undefined;
    },
  };
}

/** The id in a field: text or a number, not empty. */
export function idIn(path: string, record: FileRecord, name: string): string {
  const id = String(record.field(name) ?? "");
  if (id === "") throw new UsageError(`${path}:${record.line}: ${name} is missing; allowed: an id`);
  return id;
}

/** The number in a field, from 0 to `most`. */
export function numberIn(
  path: string,
  record: FileRecord,
  name: string,
  most: number,
  whole: boolean,
): number {
  const given = record.field(name);
  const value = given === undefined || given === "" ? Number.NaN : Number(given);
  if (!(value >= 0 && value <= most) || (whole && !Number.isInteger(value))) {
    const kind = whole ? "a whole number" : "a number";
    throw new UsageError(
      `${path}:${record.line}: ${name} is ${given === undefined || given === "" ? "missing" : given}; allowed: ${kind} from 0 to ${most}`,
    );
  }
  return value;
}

import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
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
  if (!existsSync(path)) throw new UsageError(`${path}: there is no such file`);
  const file = createReadStream(path);
  const text = path.endsWith(".gz") ? file.pipe(createGunzip()) : file;
  let number = 0;
  let order = columns;
  let ndjson: boolean | undefined;
  for await (const raw of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
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
    if (cells.length !== order.length) {
      throw new UsageError(
        `${path}:${number}: ${cells.length} fields; allowed: ${order.length}, ${order.join(",")}`,
      );
    }
    const names = order;
    yield { line: number, field: (name) => cells[names.indexOf(name)] };
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
      `${path}:${record.line}: ${name} is ${given ?? "missing"}; allowed: ${kind} from 0 to ${most}`,
    );
  }
  return value;
}

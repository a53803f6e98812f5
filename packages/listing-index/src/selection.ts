import { type Columns, predicateOver, type Residual } from "@marketmesh/rules";
import type { Column } from "./column.ts";
import { OrdinalSet } from "./ordinal-set.ts";
import type { PostingCounter } from "./posting-counter.ts";
import { scanCodes, scanNumbers, scanPresence } from "./scan.ts";

/** What a selection reads from: an index. */
export interface Selectable extends Columns {
  column(attribute: string): Column;
  readonly counter: PostingCounter;
  /** Rows held. */
  readonly rows: number;
}

/**
 * The rows of `base` where the residual is `wanted`, which is true or false; rows where it is unknown are in neither.
 * Each part only looks at what the parts before it left, so whatever cannot use the index runs on few rows.
 */
export function narrow(index: Selectable, residual: Residual, wanted: boolean, base: OrdinalSet): OrdinalSet {
  if (base.size === 0) return base;
  switch (residual.op) {
    case "const":
      return residual.value === wanted ? base : OrdinalSet.empty;
    case "not":
      return narrow(index, residual.part, !wanted, base);
    case "and":
    case "or":
      return (residual.op === "and") === wanted
        ? narrowByAll(index, residual.parts, wanted, base)
        : narrowByAny(index, residual.parts, wanted, base);
    case "choose": {
      const yes = narrow(index, residual.yes, wanted, narrow(index, residual.when, true, base));
      return yes.union(narrow(index, residual.no, wanted, narrow(index, residual.when, false, base)));
    }
    case "has":
      return narrowByPresence(index.column(residual.attribute), wanted, base);
    case "compare":
      return narrowByComparison(index, residual, wanted, base);
    case "oneOf":
      return narrowByEquality(index, residual, wanted, base);
    case "shares":
      return narrowByShared(index, residual, wanted, base);
    case "opaque":
      return narrowByRow(index, residual, wanted, base);
  }
}

function narrowByAll(
  index: Selectable,
  parts: readonly Residual[],
  wanted: boolean,
  base: OrdinalSet,
): OrdinalSet {
  const ordered = parts
    .map((part) => ({ part, rows: estimate(index, part, wanted, base.size) }))
    .sort((one, other) => one.rows - other.rows);
  return ordered.reduce((left, { part }) => narrow(index, part, wanted, left), base);
}

function narrowByAny(
  index: Selectable,
  parts: readonly Residual[],
  wanted: boolean,
  base: OrdinalSet,
): OrdinalSet {
  return parts.map((part) => narrow(index, part, wanted, base)).reduce((found, more) => found.union(more));
}

function narrowByRow(index: Selectable, residual: Residual, wanted: boolean, base: OrdinalSet): OrdinalSet {
  const test = predicateOver(residual, index);
  return base.filter((row) => test(row) === wanted);
}

function narrowByComparison(
  index: Selectable,
  residual: Residual & { op: "compare" },
  wanted: boolean,
  base: OrdinalSet,
): OrdinalSet {
  const column = index.column(residual.attribute);
  if (column.kind !== "number") return narrowByRow(index, residual, wanted, base);
  return scanNumbers(base, column.data, residual.by, residual.value as number, wanted);
}

function narrowByPresence(column: Column, wanted: boolean, base: OrdinalSet): OrdinalSet {
  if (column.codes !== undefined) return scanPresence(base, column.codes, wanted);
  return base.filter((row) => (column.read(row) !== undefined) === wanted);
}

function narrowByEquality(
  index: Selectable,
  residual: Residual & { op: "oneOf" },
  wanted: boolean,
  base: OrdinalSet,
): OrdinalSet {
  const column = index.column(residual.attribute);
  if (column.kind === "boolean") {
    const codes = residual.values.map((value) => (value === true ? 2 : 1));
    return scanCodes(base, column.codes, tableOf(3, codes, wanted));
  }
  if (column.kind !== "string") return narrowByRow(index, residual, wanted, base);
  const { dictionary, postings } = column;
  const ids = residual.values.map((value) => dictionary.idOf(value as string)).filter((id) => id !== 0);
  const posted = ids.reduce((sum, id) => sum + postings.of(id).length, 0);
  if (wanted && posted <= base.size) {
    return index.counter.among(
      ids.map((id) => postings.of(id)),
      1,
      base,
      column.codes.length,
    );
  }
  // The table is as long as the dictionary: not worth it where most strings differ.
  if (dictionary.length > base.size) return narrowByRow(index, residual, wanted, base);
  return scanCodes(base, column.codes, tableOf(dictionary.length, ids, wanted));
}

/** Marks the codes with 1; with `wanted` false all the others but 0, which is missing. */
function tableOf(length: number, codes: readonly number[], wanted: boolean): Uint8Array {
  const table = new Uint8Array(length);
  if (!wanted) table.fill(1, 1);
  for (const code of codes) table[code] = wanted ? 1 : 0;
  return table;
}

function narrowByShared(
  index: Selectable,
  residual: Residual & { op: "shares" },
  wanted: boolean,
  base: OrdinalSet,
): OrdinalSet {
  const column = index.column(residual.attribute);
  if (column.kind !== "list<string>") throw new Error(`${residual.attribute} is not a list of strings`);
  const { atLeast, values } = residual;
  if (!wanted) {
    const listed = scanPresence(base, column.codes, true);
    return listed.subtract(narrowByShared(index, residual, true, listed));
  }
  if (atLeast === 0) return scanPresence(base, column.codes, true);
  if (atLeast > values.length) return OrdinalSet.empty;
  const postings = values.map((value) => column.postings.of(column.dictionary.idOf(value)));
  return index.counter.among(postings, atLeast, base, column.codes.length);
}

/**
 * About how many rows a part leaves, for ordering alone: counted where postings tell, a guess where a scan would,
 * and last whatever runs row by row.
 */
function estimate(index: Selectable, residual: Residual, wanted: boolean, rows: number): number {
  switch (residual.op) {
    case "const":
      return residual.value === wanted ? rows : 0;
    case "not":
      return estimate(index, residual.part, !wanted, rows);
    case "shares":
    case "oneOf":
      return wanted ? posted(index, residual) : rows;
    case "compare":
      return rows / 3;
    case "has":
      return rows / 2;
    case "and":
    case "or": {
      const parts = residual.parts.map((part) => estimate(index, part, wanted, rows));
      if ((residual.op === "and") === wanted) return Math.min(...parts);
      return parts.reduce((sum, part) => sum + part, 0);
    }
    default:
      return Number.MAX_VALUE;
  }
}

function posted(index: Selectable, residual: Residual & { op: "shares" | "oneOf" }): number {
  const column = index.column(residual.attribute);
  if (column.kind !== "string" && column.kind !== "list<string>") return index.rows / 2;
  let sum = 0;
  for (const value of residual.values) {
    sum += column.postings.of(column.dictionary.idOf(value as string)).length;
  }
  return residual.op === "shares" ? sum / Math.max(1, residual.atLeast) : sum;
}

import {
  type CompiledExpression,
  compileExpression,
  type SideTypes,
  type VariableType,
} from "@marketmesh/rules";
import { DocumentError } from "../document.ts";
import { hash32 } from "../random.ts";
import type { ListingRow } from "../row.ts";
import type { ColumnMapping, FileMapping } from "../scenario.ts";
import { readRows, type SourceRow } from "./read-rows.ts";

/** Reads a file and makes listings of its rows. `seed` goes into the `draw` that units may use. */
export async function* mapRows(mapping: FileMapping, seed: number): AsyncGenerator<ListingRow> {
  const toListing = listingOf(mapping, seed);
  for await (const { line, row } of readRows(mapping)) yield toListing(row, line);
}

type Compute = (row: SourceRow, line: number) => unknown;

function listingOf(mapping: FileMapping, seed: number): (row: SourceRow, line: number) => ListingRow {
  const compiler = new MappingCompiler(mapping);
  const id = compiler.expression("id", mapping.id);
  const owner = mapping.owner === undefined ? undefined : compiler.expression("owner", mapping.owner);
  const units = mapping.units === undefined ? undefined : compiler.units(mapping.units, seed);
  const attributes = Object.entries(mapping.attributes).map(
    ([name, source]) => [name, compiler.attribute(name, source)] as const,
  );
  return (row, line) => {
    const listingId = String(id(row, line) ?? `${fileStem(mapping.path)}-${line}`);
    const party = owner?.(row, line);
    return {
      id: listingId,
      ...(party !== undefined && party !== "" && { owner: String(party) }),
      ...(units !== undefined && { capacity: { units: units(row, line, listingId) } }),
      attributes: Object.fromEntries(
        attributes
          .map(([name, compute]) => [name, compute(row, line)])
          .filter(([, value]) => value !== undefined),
      ),
    };
  };
}

class MappingCompiler {
  readonly #mapping: FileMapping;

  constructor(mapping: FileMapping) {
    this.#mapping = mapping;
  }

  attribute(name: string, source: string | ColumnMapping): Compute {
    return typeof source === "string"
      ? this.expression(`attributes.${name}`, source)
      : (row) => fromColumn(row[source.column], source);
  }

  expression(field: string, source: string): Compute {
    const compiled = this.#compile(field, source, {});
    return (row, line) => compiled.evaluate({ row: row as never, line });
  }

  units(source: string, seed: number): (row: SourceRow, line: number, id: string) => number {
    const compiled = this.#compile("units", source, { draw: { value: "number" } });
    return (row, line, id) => {
      const value = compiled.evaluate({ row: row as never, line, draw: hash32(seed, id) });
      return typeof value === "number" ? value : 1;
    };
  }

  #compile(field: string, source: string, more: Record<string, VariableType>): CompiledExpression {
    const result = compileExpression({ source, variables: { ...this.#variables(), ...more } });
    if (result.ok) return result.compiled;
    const [first] = result.mistakes;
    throw new DocumentError(
      `${this.#mapping.path}: ${field}, line ${first!.line}, column ${first!.column}: ${first!.message}`,
    );
  }

  /** A column is text, except the one that takes the rest of a ragged row: a list. */
  #variables(): Record<string, VariableType> {
    const rest = this.#mapping.columns?.at(-1);
    const column = rest?.endsWith("...") ? rest.slice(0, -3) : undefined;
    const list = { type: "list<string>", required: true, personal: false } as const;
    const lists: SideTypes = new Map(column === undefined ? [] : [[column, list]]);
    return {
      row: { attributes: lists, otherwise: "string" },
      line: { value: "number" },
    };
  }
}

function fromColumn(value: unknown, mapping: ColumnMapping): unknown {
  if (value === undefined || value === null) return undefined;
  if (mapping.number) return numberOf(value, mapping.factor ?? 1);
  if (!Array.isArray(value) && mapping.split === undefined) return clean(String(value), mapping);
  const parts = Array.isArray(value) ? value : String(value).split(mapping.split!);
  const strings = parts.map((part) => clean(String(part), mapping)).filter((part) => part !== "");
  return mapping.distinct ? [...new Set(strings)] : strings;
}

function clean(text: string, { trim, fold }: ColumnMapping): string {
  const trimmed = trim ? text.trim() : text;
  return fold ? trimmed.toLowerCase() : trimmed;
}

function numberOf(value: unknown, factor: number): number | undefined {
  const text = String(value).trim();
  return text === "" || Number.isNaN(Number(text)) ? undefined : Number(text) * factor;
}

function fileStem(path: string): string {
  return path.replace(/^.*\//, "").replace(/\..*$/, "");
}

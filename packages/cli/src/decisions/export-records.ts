import { toJson } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { DecisionRecordSchema, PairRecordSchema } from "@marketmesh/contracts/allocation/v1";
import type { Mesh } from "../mesh.ts";
import { columns } from "./parquet.ts";

/** What is exported of a market. */
export interface ExportedRange {
  readonly market: string;
  readonly startTime?: Timestamp;
  readonly endTime?: Timestamp;
  readonly considered: boolean;
}

/** Decisions of a market as plain records, oldest first: the same fields in NDJSON and Parquet. */
export async function* exportRecords(
  mesh: Pick<Mesh, "decisions">,
  { market, ...range }: ExportedRange,
): AsyncGenerator<Record<string, unknown>> {
  const request = { parent: `markets/${market}`, ...range };
  for await (const { records } of mesh.decisions.exportDecisions(request, { timeoutMs: 3_600_000 })) {
    for (const record of records) {
      const json = toJson(DecisionRecordSchema, record, { alwaysEmitImplicit: true }) as Record<
        string,
        unknown
      >;
      const pairs = record.pairs.map((pair) =>
        plain(toJson(PairRecordSchema, pair, { alwaysEmitImplicit: true }) as Record<string, unknown>),
      );
      yield Object.fromEntries(
        Object.keys(columns).map((name) => [name, name === "pairs" ? pairs : (plain(json)[name] ?? null)]),
      );
    }
  }
}

/** Words of enums without their prefixes; numbers of 64 bits, which JSON of the contract has as text, as numbers. */
function plain(json: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      if (name === "result" || name.endsWith("State")) return [name, String(value).replace(/^[A-Z]+_/, "")];
      const integer = typeof value === "string" && /(Version|Seq|nits)$/.test(name);
      return [name, integer ? Number(value) : value];
    }),
  );
}

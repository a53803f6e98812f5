import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Command } from "../command.ts";
import { ndjson } from "../ndjson.ts";
import { asOperator } from "../running-mesh.ts";
import { UsageError } from "../usage-error.ts";
import { type ExportedRange, exportRecords } from "./export-records.ts";
import { writeNdjson } from "./ndjson-file.ts";
import { writeParquet } from "./parquet.ts";

const text = { type: "string" } as const;
const formats = ["ndjson", "parquet"] as const;

export const decisions: Command = {
  usage: "export --market M [--format ndjson|parquet] [--out F] [--from TIME] [--to TIME] [--considered]",
  about:
    "writes a market's decision log with what became of it; --considered adds the pairs that were not chosen",
  async run([verb, ...args]) {
    if (verb !== "export") throw new UsageError("decisions takes export");
    const options = {
      ...{ market: text, format: text, out: text, from: text, to: text },
      considered: { type: "boolean" },
    } as const;
    const { values } = parseArgs({ args, options });
    if (values.market === undefined) throw new UsageError("decisions export takes --market");
    const format = formats.find((one) => one === (values.format ?? "ndjson"));
    if (format === undefined) throw new UsageError(`--format is one of ${formats.join(", ")}`);
    const { out } = values;
    if (format === "parquet" && out === undefined) throw new UsageError("Parquet needs a file: --out F");
    const range: ExportedRange = {
      market: values.market,
      considered: values.considered ?? false,
      ...timeOf("startTime", "--from", values.from),
      ...timeOf("endTime", "--to", values.to),
    };
    await asOperator(async (mesh) => {
      const records = exportRecords(mesh, range);
      if (format === "parquet") await writeParquet(records, out!);
      else if (out === undefined) await pipeline(ndjson(records), process.stdout, { end: false });
      else await writeNdjson(records, out);
    });
  },
};

function timeOf<K extends string>(
  key: K,
  option: string,
  given: string | undefined,
): Partial<Record<K, Timestamp>> {
  if (given === undefined) return {};
  const ms = Date.parse(given);
  if (Number.isNaN(ms)) throw new UsageError(`${option} takes a time, for example 2026-11-01T00:00:00Z`);
  return { [key]: timestampFromMs(ms) } as Record<K, Timestamp>;
}

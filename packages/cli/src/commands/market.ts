import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { mapRows, packNames, readPack, readScenario } from "@marketmesh/markets";
import type { Command } from "../command.ts";
import { applyPack } from "../job/apply-pack.ts";
import { type ExportName, exportMarket, exportNames } from "../job/export-market.ts";
import { importIdOf } from "../job/import-id.ts";
import { importListings } from "../job/import-listings.ts";
import { ndjson } from "../ndjson.ts";
import { asOperator } from "../running-mesh.ts";
import { UsageError } from "../usage-error.ts";

export const apply: Command = {
  usage: "PACK --market MARKET [--sandbox-start TIME]",
  about: "creates a market and its pack's resources, or brings them up to the pack",
  async run(args) {
    const options = { market: { type: "string" }, "sandbox-start": { type: "string" } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [pack] = positionals;
    if (pack === undefined || positionals.length > 1) {
      throw new UsageError(`name one pack: ${packNames().join(", ")}`);
    }
    const market = needed(values.market, "--market MARKET");
    const clock = values["sandbox-start"];
    await asOperator((mesh) => applyPack(mesh, market, readPack(pack), clock === undefined ? {} : { clock }));
    process.stdout.write(`${market} is as the pack ${pack} says\n`);
  },
};

export const importFiles: Command = {
  usage: "SCENARIO [--market MARKET] [--seed N]",
  about: "imports the files that a scenario maps into its markets; goes on after a broken upload",
  async run(args) {
    const options = { market: { type: "string" }, seed: { type: "string" } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const scenario = readScenario(needed(positionals[0], "SCENARIO"));
    const seed = Number(values.seed ?? 1);
    if (!Number.isSafeInteger(seed)) throw new UsageError("--seed takes a whole number");
    const markets = scenario.markets.filter(({ market }) => (values.market ?? market) === market);
    if (markets.length === 0) throw new UsageError(`the scenario has no market ${values.market}`);
    await asOperator(async (mesh) => {
      for (const { market, files } of markets) {
        for (const file of files) {
          const rows = mapRows(file, seed);
          const done = await importListings(mesh, market, await importIdOf(file, seed), file.kind, rows);
          process.stdout.write(
            `${market}: ${done.acknowledgedRow} rows: ${done.createdCount} created, ${done.updatedCount} updated, ${done.unchangedCount} unchanged, ${done.refusedCount} refused\n`,
          );
        }
      }
    });
  },
};

export const exportNdjson: Command = {
  usage: `${exportNames.join("|")} --market MARKET`,
  about: "writes what a market holds as NDJSON",
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      options: { market: { type: "string" } },
      allowPositionals: true,
    });
    const [what] = positionals;
    if (!isExportName(what)) throw new UsageError(`choose one of ${exportNames.join(", ")}`);
    const market = needed(values.market, "--market MARKET");
    await asOperator((mesh) => pipeline(ndjson(exportMarket(mesh, market, what)), process.stdout));
  },
};

function isExportName(text: string | undefined): text is ExportName {
  return (exportNames as readonly (string | undefined)[]).includes(text);
}

function needed(value: string | undefined, what: string): string {
  if (value === undefined) throw new UsageError(`${what} is needed`);
  return value;
}

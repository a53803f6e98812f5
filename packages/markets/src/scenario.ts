import { resolve } from "node:path";
import { DocumentError, readDocument } from "./document.ts";
import { type Pack, readPack } from "./pack.ts";

/** What to set up and run, read from a scenario file. */
export interface Scenario {
  readonly scenario: string;
  readonly markets: readonly ScenarioMarket[];
}

export interface ScenarioMarket {
  /** The id of the market. */
  readonly market: string;
  /** The pack, the scenario's overrides applied. */
  readonly pack: Pack;
  /** Where the sandbox clock begins; the pack's own start when absent. */
  readonly start?: string;
  readonly sample?: { readonly supply?: number; readonly demand?: number; readonly race?: boolean };
  readonly files: readonly FileMapping[];
  readonly run: RunOptions;
}

export interface RunOptions {
  readonly roundsMax: number;
  /** Days of market time to let pass, once, when a round holds nothing. */
  readonly waitDays: number;
  readonly batch: number;
  readonly answers?: { readonly accept: number; readonly decline: number };
  readonly answerWithinHours?: { readonly min: number; readonly max: number };
  readonly answeredBy: "PARTIES" | "SERVICE_ACCOUNT";
  /** Whether the pack's workflows carry the allocations out. */
  readonly fulfil: boolean;
}

/** How the rows of a file become listings. Expressions are CEL over `row`, `line` and, for units, `draw`. */
export interface FileMapping {
  /** Absolute. */
  readonly path: string;
  readonly format: "CSV" | "TSV" | "NDJSON";
  readonly gzip: boolean;
  readonly header: boolean;
  readonly columns?: readonly string[];
  readonly rows?: { readonly from?: number; readonly to?: number };
  readonly dedupe: boolean;
  readonly kind: string;
  readonly id: string;
  readonly owner?: string;
  readonly units?: string;
  readonly attributes: Readonly<Record<string, string | ColumnMapping>>;
}

export interface ColumnMapping {
  readonly column: string;
  readonly split?: string;
  readonly trim?: boolean;
  readonly fold?: boolean;
  readonly distinct?: boolean;
  readonly number?: boolean;
  readonly factor?: number;
}

interface ScenarioDocument {
  readonly scenario: string;
  readonly markets: readonly {
    readonly market: string;
    readonly pack: string;
    readonly overrides?: Partial<Pick<Pack, "policy" | "models" | "statistics" | "plan">>;
    readonly start?: string;
    readonly sample?: ScenarioMarket["sample"];
    readonly files?: readonly (Partial<FileMapping> &
      Pick<FileMapping, "path" | "kind" | "id" | "attributes">)[];
    readonly run?: Partial<RunOptions>;
  }[];
}

/** The scenario that `npm start` runs when none is named: every pack with its own sample. */
export const defaultScenario = new URL("../three-markets.yaml", import.meta.url);

/** Reads a scenario file. Throws DocumentError naming the file and field that is wrong. */
export function readScenario(path: string | URL): Scenario {
  const document = readDocument<ScenarioDocument>(path, "scenario.schema.json");
  const base = typeof path === "string" ? resolve(path) : path.pathname;
  const markets = document.markets.map((market) => marketOf(market, base));
  const repeated = markets.find((market, at) => markets.findIndex((m) => m.market === market.market) !== at);
  if (repeated !== undefined) throw new DocumentError(`${base}: market "${repeated.market}" occurs twice`);
  return { scenario: document.scenario, markets };
}

function marketOf(document: ScenarioDocument["markets"][number], base: string): ScenarioMarket {
  const { market, overrides, start, sample, files = [], run } = document;
  const pack = { ...readPack(document.pack), ...overrides };
  const mappings = files.map((file) => fileOf(file, base));
  for (const { kind } of mappings) {
    if (!pack.kinds.some((known) => known.kind === kind)) {
      throw new DocumentError(`${base}: market "${market}": the pack has no kind "${kind}"`);
    }
  }
  return {
    market,
    pack,
    ...(start !== undefined && { start }),
    ...(sample !== undefined && { sample }),
    files: mappings,
    run: { roundsMax: 200, waitDays: 0, batch: 100, answeredBy: "PARTIES", fulfil: true, ...run },
  };
}

function fileOf(
  file: NonNullable<ScenarioDocument["markets"][number]["files"]>[number],
  base: string,
): FileMapping {
  const path = resolve(base, "..", file.path);
  const bare = path.replace(/\.gz$/, "");
  const format =
    bare.endsWith(".tsv") || bare.endsWith(".txt") ? "TSV" : /json$/.test(bare) ? "NDJSON" : "CSV";
  return { format, gzip: path.endsWith(".gz"), header: true, dedupe: false, ...file, path };
}

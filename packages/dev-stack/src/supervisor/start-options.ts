import { parseArgs } from "node:util";
import { StackProblem } from "../problem.ts";

/** What `npm start -- …` was asked for. */
export interface StartOptions {
  readonly fresh: boolean;
  readonly exit: boolean;
  readonly report?: string;
  readonly exportDir?: string;
  readonly scenario?: string;
  readonly seed?: number;
}

/** How to use it, for --help and for mistakes. */
export const START_USAGE = `npm start -- [--exit] [--report FILE] [--export DIR] [--scenario FILE] [--seed N] [--fresh]
  --exit           stop when the main job is done, with status 0 when it ended well
  --report FILE    write the JSON report to FILE
  --export DIR     write DIR/MARKET/{listings,offers,allocations,decisions}.ndjson
  --scenario FILE  do another main job than the three sample markets
  --seed N         seed of the run, 0 to 2147483647
  --fresh          begin with empty databases and streams`;

/** Reads the flags. Throws FLAG_INVALID for an unknown flag, a missing or a bad value. */
export function parseStartOptions(args: readonly string[]): StartOptions {
  const { values } = parse(args);
  return {
    fresh: values.fresh ?? false,
    exit: values.exit ?? false,
    ...(values.report !== undefined && { report: values.report }),
    ...(values.export !== undefined && { exportDir: values.export }),
    ...(values.scenario !== undefined && { scenario: values.scenario }),
    ...(values.seed !== undefined && { seed: parseSeed(values.seed) }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      options: {
        fresh: { type: "boolean" },
        exit: { type: "boolean" },
        report: { type: "string" },
        export: { type: "string" },
        scenario: { type: "string" },
        seed: { type: "string" },
      },
    });
  } catch (error) {
    throw new StackProblem("FLAG_INVALID", (error as Error).message, START_USAGE);
  }
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (/^\d{1,10}$/.test(text) && seed <= 2_147_483_647) return seed;
  throw new StackProblem(
    "FLAG_INVALID",
    `--seed ${text} is not a whole number from 0 to 2147483647`,
    START_USAGE,
  );
}

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { emit, type Figure, say } from "../figure.ts";

/** Each a script of its own, in a process of its own: what one leaves in memory or on the processor is not measured by the next. */
const parts = ["optimal", "network", "strategies", "outcome", "holds", "service-rounds"];
const partTimeoutMs = 10 * 60_000;

/** All that is promised of allocation: engine, outcome, service. The parts' own lines go to stdout as they come. */
export async function allocationSuite(chosen: readonly string[] = parts): Promise<void> {
  const figures = new Map<string, Figure>();
  for (const part of chosen) for (const figure of await run(part)) figures.set(figure.metric, figure);
  const solved = [figures.get("orlib_assign_optima"), figures.get("orlib_gap_optima")];
  if (solved.every((figure) => figure !== undefined)) {
    const value = Math.min(...solved.map((figure) => figure!.value));
    emit({ suite: "allocation", metric: "orlib_optima", value, unit: "fraction", better: "higher", aim: 1 });
  }
}

async function run(part: string): Promise<Figure[]> {
  const path = join(import.meta.dirname, `${part}.ts`);
  if (!existsSync(path)) throw new Error(`there is no part ${part}; there are ${parts.join(", ")}`);
  say(`part ${part}`);
  const child = spawn(process.execPath, [path], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: partTimeoutMs,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", reject);
  });
  const figures: Figure[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    process.stdout.write(`${line}\n`);
    if (line.startsWith('{"suite"')) figures.push(JSON.parse(line) as Figure);
  }
  const status = await ended;
  if (status !== 0) throw new Error(`part ${part} ended with ${status ?? "a signal: it took too long"}`);
  return figures;
}

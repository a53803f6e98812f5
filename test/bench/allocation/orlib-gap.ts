import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import type { GeneralisedAssignment } from "@marketmesh/allocation-engine";

export const orlibGapFolder = resolve(import.meta.dirname, "../../../../shared/data/allocation/orlib-gap");

export interface GapInstance extends GeneralisedAssignment {
  readonly name: string;
  /** The greatest sum with every job assigned. */
  readonly optimum: number;
}

/** One of the files gap1 to gap12 of J. E. Beasley's OR-Library, whose instances maximise: five each. */
export function gapInstances(file: string): GapInstance[] {
  const expected = JSON.parse(readFileSync(join(orlibGapFolder, "expected.json"), "utf8")) as Record<
    string,
    { readonly optimum: readonly number[] }
  >;
  const text = gunzipSync(readFileSync(join(orlibGapFolder, `${file}.txt.gz`))).toString("utf8");
  const numbers = text.trim().split(/\s+/).map(Number)[Symbol.iterator]();
  const next = (): number => numbers.next().value!;
  const row = (length: number): number[] => Array.from({ length }, next);
  return Array.from({ length: next() }, (_, index) => {
    const [agents, jobs] = [next(), next()];
    const table = (): number[][] => Array.from({ length: agents }, () => row(jobs));
    const weights = table();
    const sizes = table();
    const optimum = expected[file]!.optimum[index]!;
    return { name: `${file}-${index + 1}`, weights, sizes, capacities: row(agents), optimum };
  });
}

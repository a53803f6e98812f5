import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Scenario } from "@marketmesh/markets";
import type { Report } from "./report.ts";

/**
 * What a state folder remembers of the scenarios that ran in it: the report of a finished one, and which run each market
 * belongs to. A market is never shared by two runs: another seed or scenario gets names of its own (`labor-2`).
 */
export class RunRecord {
  readonly #folder: string;
  readonly #run: string;

  constructor(stateDir: string, scenario: Scenario, seed: number) {
    this.#folder = join(stateDir, "runs");
    const content = createHash("sha256").update(JSON.stringify(scenario)).digest("hex").slice(0, 12);
    this.#run = `${scenario.scenario}-${seed}-${content}`;
    mkdirSync(this.#folder, { recursive: true });
  }

  /** The report, if the scenario has finished with this seed. */
  finished(): Report | undefined {
    return this.#read<Report>(`${this.#run}.json`);
  }

  finish(report: Report): void {
    this.#write(`${this.#run}.json`, report);
  }

  /** The scenario with market ids that belong to this run. */
  claim(scenario: Scenario): Scenario {
    const owners = this.#read<Record<string, string>>("markets.json") ?? {};
    const markets = scenario.markets.map((entry) => {
      const market = this.#freeId(entry.market, owners);
      owners[market] = this.#run;
      return { ...entry, market };
    });
    this.#write("markets.json", owners);
    return { ...scenario, markets };
  }

  #freeId(market: string, owners: Readonly<Record<string, string>>): string {
    for (let number = 1; ; number += 1) {
      const id = number === 1 ? market : `${market}-${number}`;
      if ((owners[id] ?? this.#run) === this.#run) return id;
    }
  }

  #read<T>(file: string): T | undefined {
    const path = join(this.#folder, file);
    return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : undefined;
  }

  #write(file: string, value: unknown): void {
    const path = join(this.#folder, file);
    writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`);
    renameSync(`${path}.new`, path);
  }
}

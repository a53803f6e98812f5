import { existsSync } from "node:fs";
import { runMarket } from "@marketmesh/cli/job/market-job";
import { type FileMapping, readScenario, type ScenarioMarket } from "@marketmesh/markets";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExportedListing, exportsOf, hashOf } from "../support/export.ts";
import { startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";

const [real] = readScenario("test/scenarios/labor-real.yaml").markets as [ScenarioMarket];
const [candidates, jobs] = real.files as [FileMapping, FileMapping];
const missing = !existsSync(candidates.path);

// The scenario with fewer rows of the same file.
const fewer: ScenarioMarket = {
  ...real,
  market: "few",
  files: [
    { ...candidates, rows: { from: 1, to: 1_500 } },
    { ...jobs, rows: { from: 40_001, to: 40_150 } },
  ],
};

describe.skipIf(missing)("real job-ad skill sets (skipped where ../shared/data is missing)", () => {
  let mesh: WholeMesh;
  beforeAll(async () => {
    mesh = await startWholeMesh();
  });
  afterAll(() => mesh?.[Symbol.asyncDispose]());

  it("are imported whole, and an outsider finds the same eligible pairs, scores and hash", async () => {
    const report = await runMarket(mesh.clients, fewer, 1, () => {});
    const { listings, allocations } = await exportsOf(mesh.clients, "few");
    const supply = listings.filter(({ side }) => side === "SUPPLY");
    const demand = listings.filter(({ side }) => side === "DEMAND");
    expect([supply.length, demand.length]).toEqual([1_500, 150]);
    expect(hashOf(allocations)).toBe(report.allocationsSha256);
    expect(report.allocations).toBeGreaterThan(0);

    const oracle = new Oracle(listings);
    const pairs = demand.flatMap((job) => supply.filter((person) => oracle.eligible(job, person)));
    expect(report.eligiblePairs).toBe(pairs.length);
    const byId = new Map(listings.map((listing) => [listing.id, listing]));
    for (const { demandId, supplyId, score } of allocations) {
      const [job, person] = [byId.get(demandId)!, byId.get(supplyId)!];
      expect(oracle.eligible(job, person)).toBe(true);
      expect(score).toBe(oracle.score(job, person));
    }
  });
});

/** Eligibility and score as the scenario states them in words, written apart from the engines. */
class Oracle {
  readonly #documents: number;
  readonly #frequencies = new Map<string, number>();

  constructor(listings: readonly ExportedListing[]) {
    this.#documents = listings.length;
    for (const listing of listings) {
      for (const skill of skillsOf(listing)) {
        this.#frequencies.set(skill, (this.#frequencies.get(skill) ?? 0) + 1);
      }
    }
  }

  eligible(job: ExportedListing, person: ExportedListing): boolean {
    const wanted = skillsOf(job);
    return wanted.intersection(skillsOf(person)).size >= Math.min(2, wanted.size);
  }

  score(job: ExportedListing, person: ExportedListing): number {
    const wanted = skillsOf(job);
    const whole = this.#weight(wanted);
    return whole === 0 ? 0 : Math.floor((1e6 * this.#weight(wanted.intersection(skillsOf(person)))) / whole);
  }

  #weight(skills: ReadonlySet<string>): number {
    const weightOf = (skill: string) =>
      Math.round(1e6 * Math.log(this.#documents / this.#frequencies.get(skill)!));
    return [...skills].reduce((sum, skill) => sum + weightOf(skill), 0);
  }
}

function skillsOf({ attributes }: ExportedListing): Set<string> {
  return new Set((attributes.skills ?? attributes.required_skills) as string[]);
}

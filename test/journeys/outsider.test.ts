import { runMarket } from "@marketmesh/cli/job/market-job";
import { readScenario, type ScenarioMarket } from "@marketmesh/markets";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExportedListing, exportsOf, hashOf } from "../support/export.ts";
import { startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";

const [small] = readScenario("test/scenarios/small.yaml").markets as [ScenarioMarket];

let mesh: WholeMesh;
beforeAll(async () => {
  mesh = await startWholeMesh();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

describe("an outsider with the exports", () => {
  it("recomputes hash, fill rate, capacity and eligibility of the labor sample", async () => {
    const report = await runMarket(mesh.clients, { ...small, market: "labor" }, 1, () => {});
    const { listings, allocations, offers } = await exportsOf(mesh.clients, "labor");
    const byId = new Map(listings.map((listing) => [listing.id, listing]));

    expect(hashOf(allocations)).toBe(report.allocationsSha256);
    const openings = sum(listings.filter(({ side }) => side === "DEMAND").map(unitsOf));
    expect(openings).toBe(report.openings);
    expect(sum(allocations.map(({ units }) => units)) / openings).toBeCloseTo(report.fillRate, 5);

    for (const side of ["demandId", "supplyId"] as const) {
      const claimed = Map.groupBy(allocations, (allocation) => allocation[side]);
      for (const [id, claims] of claimed) {
        expect(sum(claims.map(({ units }) => units))).toBeLessThanOrEqual(unitsOf(byId.get(id)!));
      }
    }
    for (const { demandId, supplyId } of offers) {
      expect(maybeOffered(byId.get(demandId)!, byId.get(supplyId)!)).toBe(true);
    }
    expect(JSON.stringify(listings)).not.toMatch(/full_name|contact_email|street_address|@example\.org/);
  });
});

function unitsOf({ capacity }: ExportedListing): number {
  return capacity.units ?? Number.POSITIVE_INFINITY;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

interface Talent {
  readonly skills: readonly string[];
  readonly years_experience: number;
  readonly asked_hourly_rate: number;
  readonly home_city: string;
  readonly works_remotely: boolean;
  readonly available_from: string;
  readonly spoken_languages: readonly string[];
  readonly held_certificates: readonly string[];
}

interface Job {
  readonly required_skills: readonly string[];
  readonly min_years_experience: number;
  readonly max_hourly_rate: number;
  readonly work_city: string;
  readonly allows_remote: boolean;
  readonly starts_on: string;
  readonly required_languages: readonly string[];
  readonly required_certificates: readonly string[];
}

/** The labor policy, written again by hand: an oracle that shares no code with the rules engine. */
function maybeOffered(demand: ExportedListing, supply: ExportedListing): boolean {
  const job = demand.attributes as unknown as Job;
  const talent = supply.attributes as unknown as Talent;
  const shared = new Set(talent.skills.filter((skill) => job.required_skills.includes(skill))).size;
  return (
    shared >= Math.min(2, job.required_skills.length) &&
    (talent.home_city === job.work_city || (job.allows_remote && talent.works_remotely)) &&
    talent.years_experience >= job.min_years_experience &&
    talent.asked_hourly_rate <= job.max_hourly_rate &&
    Date.parse(talent.available_from) <= Date.parse(job.starts_on) &&
    job.required_languages.every((language) => talent.spoken_languages.includes(language)) &&
    job.required_certificates.every((certificate) => talent.held_certificates.includes(certificate))
  );
}

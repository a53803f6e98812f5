import { applyPack, collectStatistics } from "@marketmesh/cli/job/apply-pack";
import { importListings } from "@marketmesh/cli/job/import-listings";
import { awaitProjections } from "@marketmesh/cli/job/projections";
import { readScenario } from "@marketmesh/markets";
import type { BenchMesh } from "./bench-mesh.ts";
import { skillRows } from "./skill-rows.ts";

const start = "2026-03-02T08:00:00Z";

/** The labor pack as the labor-real scenario narrows it: skills alone decide. */
export function skillsPack() {
  return readScenario("test/scenarios/labor-real.yaml").markets[0]!.pack;
}

export async function applySkillsMarket({ clients }: BenchMesh, market: string): Promise<void> {
  await applyPack(clients, market, skillsPack(), { clock: start });
}

/** Fills a market and waits until it can be decided. Answers with the revisions of its listings. */
export async function fillSkillsMarket(
  { clients }: BenchMesh,
  market: string,
  supply: number,
  demand: number,
): Promise<string[]> {
  const pack = skillsPack();
  const imports = [
    await importListings(clients, market, "supply", pack.plan.supply, skillRows("supply", supply)),
    await importListings(clients, market, "demand", pack.plan.demand, skillRows("demand", demand)),
  ];
  const revisions = imports.map(({ revision }) => revision);
  await awaitProjections(clients, market, pack, revisions, start);
  await collectStatistics(clients, market, pack, revisions);
  return revisions;
}

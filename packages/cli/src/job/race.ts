import type { Sample, ScenarioMarket } from "@marketmesh/markets";
import type { Mesh } from "../mesh.ts";
import { applyPack, collectStatistics } from "./apply-pack.ts";
import { concurrently } from "./concurrently.ts";
import { createParties } from "./create-parties.ts";
import { importListings } from "./import-listings.ts";
import { MarketNames } from "./names.ts";
import { awaitProjections } from "./projections.ts";
import type { RaceReport } from "./report.ts";

const buyersAtOnce = 64;

/**
 * Lets many buyers ask for the same unique item at the same time, on a market of its own. Throws when the item went to
 * anyone but one of them, when a supply went to two, or when a buyer got nothing while something was left.
 */
export async function runRace(
  mesh: Mesh,
  { market, pack }: ScenarioMarket,
  race: Sample,
  start: string,
): Promise<RaceReport> {
  const raceMarket = `${market}-race`;
  const names = new MarketNames(raceMarket);
  await applyPack(mesh, raceMarket, pack, { clock: start });
  await createParties(mesh, raceMarket, race.parties);
  const imports = [
    await importListings(mesh, raceMarket, "supply", pack.plan.supply, race.supply),
    await importListings(mesh, raceMarket, "demand", pack.plan.demand, race.demand),
  ];
  const revisions = imports.map(({ revision }) => revision);
  await awaitProjections(mesh, raceMarket, pack, revisions, start);
  await collectStatistics(mesh, raceMarket, pack, revisions);

  const holders = new Map<string, string[]>();
  const plan = names.of("plans", pack.plan.plan);
  let exhausted = 0;
  await concurrently(race.demand, buyersAtOnce, async ({ id }) => {
    const request = { plan, demand: names.listing(id), requestId: `race/${id}`, revisions };
    const { decision } = await mesh.allocation.allocateNow(request, { timeoutMs: 60_000 });
    for (const { supply } of decision!.outcomes) holders.set(supply, [...(holders.get(supply) ?? []), id]);
    if (decision!.outcomes.length === 0) exhausted += 1;
  });
  const unique = names.listing(race.supply[0]!.id);
  const report = {
    buyers: race.demand.length,
    winners: holders.get(unique)?.length ?? 0,
    nextBest: [...holders].filter(([supply]) => supply !== unique).length,
    exhausted,
  };
  assertFair(report, holders, race.supply.length);
  return report;
}

function assertFair(report: RaceReport, holders: ReadonlyMap<string, string[]>, supplies: number): void {
  const oversold = [...holders].find(([, buyers]) => buyers.length > 1);
  if (oversold !== undefined)
    throw new Error(`race: ${oversold[0]} was sold to ${oversold[1].length} buyers`);
  if (report.winners !== 1) throw new Error(`race: the unique item has ${report.winners} holders`);
  const served = report.winners + report.nextBest;
  if (served !== Math.min(supplies, report.buyers)) {
    throw new Error(`race: ${served} buyers were served although ${supplies} pieces were there`);
  }
}

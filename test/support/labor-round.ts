import { applyPack, collectStatistics } from "@marketmesh/cli/job/apply-pack";
import { createParties } from "@marketmesh/cli/job/create-parties";
import { importListings } from "@marketmesh/cli/job/import-listings";
import { awaitProjections } from "@marketmesh/cli/job/projections";
import type { Mesh } from "@marketmesh/cli/mesh";
import { OfferAnswer_Answer, Round_State } from "@marketmesh/contracts/allocation/v1";
import { readPack, sampleOf } from "@marketmesh/markets";
import { draw } from "@marketmesh/simulator";

const start = "2026-03-02T08:00:00Z";

/** How much of the labor sample: its first listings. */
export interface LaborPart {
  readonly market: string;
  readonly supply: number;
  readonly demand: number;
}

/** Fills a market, runs its first round and answers three of four offers; half of these say yes. */
export async function recordLaborRound(mesh: Mesh, { market, supply, demand }: LaborPart): Promise<string> {
  const pack = readPack("labor");
  const sample = sampleOf("labor", 1);
  const rows = { supply: sample.supply.slice(0, supply), demand: sample.demand.slice(0, demand) };
  const owners = new Set([...rows.supply, ...rows.demand].map(({ owner }) => owner));
  await applyPack(mesh, market, pack, { clock: start });
  await createParties(
    mesh,
    market,
    sample.parties.filter(({ id }) => owners.has(id)),
  );
  const imports = [
    await importListings(mesh, market, "supply", pack.plan.supply, rows.supply),
    await importListings(mesh, market, "demand", pack.plan.demand, rows.demand),
  ];
  const revisions = imports.map(({ revision }) => revision);
  await awaitProjections(mesh, market, pack, revisions, start);
  await collectStatistics(mesh, market, pack, revisions);
  const parent = `markets/${market}`;
  const plan = `${parent}/plans/${pack.plan.plan}`;
  await mesh.allocation.createRound(
    { parent, roundId: "one", round: { plan }, revisions },
    { timeoutMs: 120_000 },
  );
  for await (const { round } of mesh.allocation.watchRound({ name: `${parent}/rounds/one` })) {
    if (round!.state === Round_State.FAILED) throw new Error(round!.failure);
  }
  await answer(mesh, parent);
  return plan;
}

async function answer({ allocation }: Mesh, parent: string): Promise<void> {
  const { offers } = await allocation.listOffers({ parent, round: `${parent}/rounds/one`, pageSize: 1_000 });
  const answers = offers
    .filter(({ demand, supply }) => draw("heard", demand, supply) < 0.75)
    .map(({ name, demand, supply }) => ({
      offer: name,
      answer: draw("says yes", demand, supply) < 0.5 ? OfferAnswer_Answer.ACCEPT : OfferAnswer_Answer.DECLINE,
    }));
  for (let at = 0; at < answers.length; at += 500) {
    await allocation.batchAnswerOffers({ parent, answers: answers.slice(at, at + 500) });
  }
}

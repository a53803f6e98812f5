import { applyPack, collectStatistics } from "@marketmesh/cli/job/apply-pack";
import { createParties } from "@marketmesh/cli/job/create-parties";
import { importListings } from "@marketmesh/cli/job/import-listings";
import { awaitProjections } from "@marketmesh/cli/job/projections";
import type { Mesh } from "@marketmesh/cli/mesh";
import { readPack, sampleOf } from "@marketmesh/markets";
import type { WholeMesh } from "../support/whole-mesh.ts";
import type { Parties } from "./principals.ts";
import { marketStart } from "./values.ts";

/** The markets of the fuzzer: home, that of the strangers, and one that only the platform sees. */
export const worldMarkets = ["fz-home", "fz-abroad", "fz-data"] as const;

export const worldPacks = ["labor", "goods", "data"] as const;
const sizes = [
  { supply: 240, demand: 90 },
  { supply: 60, demand: 30 },
  { supply: 20, demand: 10 },
] as const;
const partiesMax = 64;

/** Sets the markets up, always the same: packs, parties, listings, a round of offers. Answers with the parties of the slots. */
export async function buildWorld(mesh: WholeMesh): Promise<Parties> {
  const owners = await Promise.all(worldMarkets.map((market, at) => buildMarket(mesh.clients, market, at)));
  await openOffers(mesh.clients, worldMarkets[0]);
  const [own = [], foreign = []] = owners;
  return { own, foreign };
}

async function buildMarket(mesh: Mesh, market: string, at: number): Promise<readonly string[]> {
  const pack = readPack(worldPacks[at] as string);
  const size = sizes[at] as (typeof sizes)[number];
  const { parties, supply, demand } = sampleOf(pack.pack, 1);
  const rows = [supply.slice(0, size.supply), demand.slice(0, size.demand)] as const;
  const owners = new Set(rows.flat().map(({ owner }) => owner));
  const needed = parties.filter(({ id }) => owners.has(id));
  await applyPack(mesh, market, pack, { clock: marketStart });
  await createParties(mesh, market, needed);
  const imports = [
    await importListings(mesh, market, "supply", pack.plan.supply, rows[0]),
    await importListings(mesh, market, "demand", pack.plan.demand, rows[1]),
  ];
  const revisions = imports.map(({ revision }) => revision);
  await awaitProjections(mesh, market, pack, revisions, marketStart);
  await collectStatistics(mesh, market, pack, revisions);
  return needed.slice(-partiesMax).map(({ id }) => `markets/${market}/parties/${id}`);
}

/** A round, so that there are holds and offers of every party to answer. */
async function openOffers(mesh: Mesh, market: string): Promise<void> {
  const parent = `markets/${market}`;
  const { plans } = await mesh.allocation.listPlans({ parent });
  const plan = plans[0]?.name ?? "";
  await mesh.allocation.createRound({ parent, roundId: "fz-first", round: { plan } }, { timeoutMs: 60_000 });
  for await (const _ of mesh.allocation.watchRound(
    { name: `${parent}/rounds/fz-first` },
    { timeoutMs: 60_000 },
  ));
}

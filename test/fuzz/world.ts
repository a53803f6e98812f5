import { clone, create } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { applyPack, collectStatistics } from "@marketmesh/cli/job/apply-pack";
import { createParties } from "@marketmesh/cli/job/create-parties";
import { importListings } from "@marketmesh/cli/job/import-listings";
import { awaitProjections } from "@marketmesh/cli/job/projections";
import type { Mesh } from "@marketmesh/cli/mesh";
import {
  OfferRules_Backfill,
  OfferRulesSchema,
  type Plan,
  PlanSchema,
  type Round,
  Round_State,
} from "@marketmesh/contracts/allocation/v1";
import { readPack, sampleOf } from "@marketmesh/markets";
import type { WholeMesh } from "../support/whole-mesh.ts";
import { keepMark } from "./harvest.ts";
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
  const markets = await Promise.all(worldMarkets.map((market, at) => buildMarket(mesh.clients, market, at)));
  const [home, abroad] = markets;
  await openOffers(mesh.clients, worldMarkets[0], home?.revisions ?? []);
  return { own: home?.owners ?? [], foreign: abroad?.owners ?? [] };
}

interface Built {
  /** Names of parties. */
  readonly owners: readonly string[];
  /** What stands for all its listings. */
  readonly revisions: readonly string[];
}

async function buildMarket(mesh: Mesh, market: string, at: number): Promise<Built> {
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
  return {
    owners: needed.slice(-partiesMax).map(({ id }) => `markets/${market}/parties/${id}`),
    revisions,
  };
}

/** Rounds that wait for an approval, the first half to be approved. Their names keep them out of other requests. */
export const waitingRounds = [0, 1, 2, 3].map((at) => `${keepMark}-waits-${at}`);

/** Rounds that wait, then one whose offers every party may answer, bargain over and wait for. */
async function openOffers(mesh: Mesh, market: string, revisions: readonly string[]): Promise<void> {
  const parent = `markets/${market}`;
  const { plans } = await mesh.allocation.listPlans({ parent });
  const plan = plans[0] ?? create(PlanSchema);
  const begin = async (id: string, changes: Partial<Plan>, until: Round_State) => {
    const made = { parent, planId: id, plan: Object.assign(clone(PlanSchema, plan), changes) };
    await mesh.allocation.createPlan(made);
    const round = { plan: `${parent}/plans/${id}` };
    const request = { parent, roundId: id, round, revisions: [...revisions] };
    await mesh.allocation.createRound(request, { timeoutMs: 60_000 });
    const name = `${parent}/rounds/${id}`;
    let last: Round | undefined;
    for await (const { round: seen } of mesh.allocation.watchRound({ name }, { timeoutMs: 60_000 })) {
      last = seen;
      if (seen?.state === until) return;
    }
    throw new Error(`${name} came to state ${last?.state}, not ${until}: ${last?.failure}`);
  };
  const approvalWindow = create(DurationSchema, { seconds: 300n * 86_400n });
  for (const id of waitingRounds)
    await begin(id, { approvalRequired: true, approvalWindow }, Round_State.AWAITING_APPROVAL);
  const offers = create(OfferRulesSchema, {
    backfill: OfferRules_Backfill.AUTOMATIC,
    overOfferPerUnit: 2,
    counterRoundsMax: 8,
    waitlist: true,
  });
  await begin("fz-first", { offers }, Round_State.COMMITTED);
}

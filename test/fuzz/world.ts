import { setTimeout } from "node:timers/promises";
import { clone, create } from "@bufbuild/protobuf";
import { DurationSchema, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
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
import { type ListingRow, readPack, sampleOf } from "@marketmesh/markets";
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
/** Listings of each side that come when the round is over, with more units than all requests take. */
const ampleCount = 20;
const ampleUnits = 10_000;
const partiesMax = 64;
/** How long holds and approvals of the set-up wait: longer than the clocks go. */
const holdDays = 300n;

/** Sets the markets up, always the same: packs, parties, listings, a round of offers, holds. */
export async function buildWorld(mesh: WholeMesh): Promise<World> {
  const markets = await Promise.all(worldMarkets.map((market, at) => buildMarket(mesh.clients, market, at)));
  const [home, abroad] = markets as [Built, Built];
  await openOffers(mesh.clients, worldMarkets[0], home.revisions);
  const ample = await home.bringAmple();
  const holds = await holdEach(mesh.clients, worldMarkets[0], ample);
  return { parties: { own: home.owners, foreign: abroad.owners }, ample: { ...ample, holds } };
}

interface Built {
  /** Names of parties. */
  readonly owners: readonly string[];
  /** What stands for all its listings. */
  readonly revisions: readonly string[];
  bringAmple(): Promise<Pick<Ample, "supplies" | "demands">>;
}

/** Names of listings with units to spare, and of holds of them that are no offers. */
export interface Ample {
  readonly supplies: readonly string[];
  readonly demands: readonly string[];
  readonly holds: readonly string[];
}

export interface World {
  readonly parties: Parties;
  readonly ample: Ample;
}

function ampleOf(rows: readonly ListingRow[]): readonly ListingRow[] {
  return rows.slice(0, ampleCount).map((row) => ({ ...row, capacity: { units: ampleUnits } }));
}

async function buildMarket(mesh: Mesh, market: string, at: number): Promise<Built> {
  const pack = readPack(worldPacks[at] as string);
  const size = sizes[at] as (typeof sizes)[number];
  const { parties, supply, demand } = sampleOf(pack.pack, 1);
  const rows = [supply.slice(0, size.supply), demand.slice(0, size.demand)] as const;
  const ample = [ampleOf(supply.slice(size.supply)), ampleOf(demand.slice(size.demand))] as const;
  const owners = new Set([...rows, ...ample].flat().map(({ owner }) => owner));
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
    async bringAmple() {
      await importListings(mesh, market, "ample-supply", pack.plan.supply, ample[0]);
      await importListings(mesh, market, "ample-demand", pack.plan.demand, ample[1]);
      const named = (side: readonly ListingRow[]) => side.map(({ id }) => `markets/${market}/listings/${id}`);
      return { supplies: named(ample[0]), demands: named(ample[1]) };
    },
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
    await mesh.allocation.createRound(request, { timeoutMs: 120_000 });
    const name = `${parent}/rounds/${id}`;
    let last: Round | undefined;
    for await (const { round: seen } of mesh.allocation.watchRound({ name }, { timeoutMs: 240_000 })) {
      last = seen;
      if (seen?.state === until) return;
    }
    throw new Error(`${name} came to state ${last?.state}, not ${until}: ${last?.failure}`);
  };
  const approvalWindow = create(DurationSchema, { seconds: holdDays * 86_400n });
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

/** Holds a unit of each ample pair, as soon as allocation knows of the listings. */
async function holdEach(
  mesh: Mesh,
  market: string,
  { supplies, demands }: Pick<Ample, "supplies" | "demands">,
): Promise<string[]> {
  const parent = `markets/${market}`;
  const expireTime = timestampFromMs(Date.parse(marketStart) + Number(holdDays) * 86_400_000);
  const holds: string[] = [];
  for (const [at, demand] of demands.entries()) {
    const hold = { demand, supply: supplies[at] as string, expireTime };
    const made = await known(() => mesh.allocation.createHold({ parent, hold }));
    holds.push(made.hold?.name ?? "");
  }
  return holds;
}

const unknownYet: ReadonlySet<Code> = new Set([Code.NotFound, Code.FailedPrecondition]);
const patienceMs = 240_000;

/** Asks until the listings that the call is about have come to its service. */
async function known<T>(call: () => Promise<T>): Promise<T> {
  for (const startedMs = Date.now(); ; await setTimeout(100)) {
    try {
      return await call();
    } catch (error) {
      if (!unknownYet.has(ConnectError.from(error).code) || Date.now() - startedMs > patienceMs) throw error;
    }
  }
}

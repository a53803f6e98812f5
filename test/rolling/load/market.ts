import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { applyPack } from "@marketmesh/cli/job/apply-pack";
import { importListings } from "@marketmesh/cli/job/import-listings";
import { MarketNames } from "@marketmesh/cli/job/names";
import { planMessage } from "@marketmesh/cli/job/pack-message";
import type { Mesh } from "@marketmesh/cli/mesh";
import { Clock_Mode } from "@marketmesh/contracts/allocation/v1";
import { type ListingRow, type Pack, readPack } from "@marketmesh/markets";

export const market = "rolling";
export const names: MarketNames = new MarketNames(market);

/** Offers of these plans wait ten minutes, or so short that nobody answers them. */
export const plans = {
  patient: names.of("plans", "sell-at-once"),
  hasty: names.of("plans", "sell-hastily"),
  rounds: names.of("plans", "sell-by-rounds"),
} as const;
const hastyMs = 6_000;
const knownMs = 240_000;

const parent = names.market;
const item = {
  item_category: "Trainers",
  condition_grade: 4,
  ships_to: ["DE"],
  seller_rating: 4.5,
  handling_days: 1,
};
const scarce = 150;
const plenty = 47;

/** Supplies of few units, which those who want their brand want first, and one of each brand that never runs out. */
const supplies: readonly ListingRow[] = [
  ...Array.from({ length: scarce }, (_, n) => ({
    id: `scarce-${n}`,
    capacity: { units: 1 + (n % 3) },
    attributes: { ...item, brand_name: brand(n), asking_price: 10 + n / 10 },
  })),
  ...Array.from({ length: plenty }, (_, n) => ({
    id: `plenty-${n}`,
    capacity: { units: 100_000 },
    attributes: { ...item, brand_name: brand(n), asking_price: 60 + n / 10 },
  })),
];

/** Spreads buyers over supplies: what everyone wants most, one transaction after the other has to lock. */
function brand(number: number): string {
  return `brand-${number % plenty}`;
}

/** What a buyer wants; nothing is shipped to `country` "XX". */
export function want(number: number, country = "DE"): Record<string, string | number | string[]> {
  return {
    wanted_category: "Trainers",
    wanted_brands: [brand(number), brand(number * 7 + 1)],
    min_condition_grade: 3,
    price_limit: 100,
    accepted_sizes: [],
    ship_to_country: country,
  };
}

export function offered(price: number): Record<string, string | number | string[]> {
  return { ...item, brand_name: "other", asking_price: price };
}

/** Demands for holds that callers choose: no policy lets a plan find them. With `held`, 1,927 pairs without a repeat. */
export const standing: readonly ListingRow[] = Array.from({ length: 41 }, (_, n) => ({
  id: `standing-${n}`,
  capacity: { units: 100_000 },
  attributes: want(n, "XX"),
}));
export const held: readonly string[] = Array.from({ length: plenty }, (_, n) => `plenty-${n}`);

const delivery = `
document: { dsl: "1.0.0", namespace: rolling, name: delivery, version: 1.0.0 }
evaluate: { language: cel }
schedule: { on: { one: { with: { type: marketmesh.allocation.v1.AllocationCommitted } } } }
do:
  - look:
      call: marketmesh.catalog.v1.CatalogService/BatchGetListings
      with: { names: ["\${ workflow.input[0].data.allocation.demand }"] }
      output: { as: { listings: "\${ size(output.listings) }" } }
  - rest: { wait: PT2S }
  - ask:
      call: marketmesh.fulfillment.v1.FulfillmentService/CreateTask
      with: { task: { type: ship, dueTime: "\${ now + duration('24h') }" } }
  - answer:
      listen: { to: { one: { with: { type: marketmesh.fulfillment.v1.TaskCompleted, subject: ship } } } }
  - check:
      call: marketmesh.allocation.v1.AllocationService/GetAllocation
      with: { name: "\${ subject }" }
      output: { as: { units: "\${ output.allocation.units }" } }
`;

const errand = `
document: { dsl: "1.0.0", namespace: rolling, name: errand, version: 1.0.0 }
evaluate: { language: cel }
do:
  - gone: { listen: { to: { one: { with: { type: go } } } } }
  - rest: { wait: PT1S }
`;

export const errandWorkflow: string = names.of("workflows", "errand");
export const deliveryWorkflow: string = names.of("workflows", "delivery");

/** Creates the market with its plans, workflows and first listings; its clock is the real one. */
export async function createMarket(mesh: Mesh): Promise<void> {
  const goods = readPack("goods");
  const pack: Pack = {
    ...goods,
    plan: { ...goods.plan, acceptanceWindow: "600s" },
    workflows: [
      { name: "delivery", source: delivery },
      { name: "errand", source: errand },
    ],
  };
  await applyPack(mesh, market, pack);
  // Left undecided, it would be asked for again and again, which in 0.2.0 lets one call of the market through at a time.
  await mesh.allocation.createClock({ parent, clock: { mode: Clock_Mode.REAL } });
  const kinds = {
    demandKind: names.of("kinds", pack.plan.demand),
    supplyKind: names.of("kinds", pack.plan.supply),
  };
  const acceptanceWindow = durationFromMs(hastyMs);
  const plan = { ...kinds, ...planMessage(names, pack), acceptanceWindow };
  for (const name of [plans.hasty, plans.rounds])
    await mesh.allocation.createPlan({ parent, planId: name.slice(name.lastIndexOf("/") + 1), plan });
  await importListings(mesh, market, "supply", pack.plan.supply, supplies);
  await importListings(mesh, market, "demand", pack.plan.demand, standing);
  await known(mesh, supplies.length + standing.length);
}

/** Allocation hears of listings; what nobody decided about may be held once it has. */
async function known(mesh: Mesh, count: number): Promise<void> {
  const endMs = performance.now() + knownMs;
  for (;;) {
    const { capacityLevels } = await mesh.allocation.listCapacityLevels({ parent, pageSize: 1_000 });
    if (capacityLevels.length >= count) return;
    if (performance.now() > endMs)
      throw new Error(`allocation knows ${capacityLevels.length} of ${count} listings`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

import { concurrently } from "@marketmesh/cli/job/concurrently";
import { importListings } from "@marketmesh/cli/job/import-listings";
import type { BenchMesh } from "./bench-mesh.ts";
import { emit, median } from "./figure.ts";
import { skillRows } from "./skill-rows.ts";
import { applySkillsMarket, skillsPack } from "./skills-market.ts";

const market = "reads";
const listings = 5_000;
const repeats = 5;
const inFlight = 32;
const singleGets = 3_000;
const batchSize = 100;
const batchGets = 100;

/** Listings read a second, one by one and in batches. */
export async function readsSuite(mesh: BenchMesh): Promise<void> {
  await applySkillsMarket(mesh, market);
  const { clients } = mesh;
  await importListings(clients, market, "supply", skillsPack().plan.supply, skillRows("supply", listings));
  const parent = `markets/${market}`;
  const names = [...skillRows("supply", listings)].map(({ id }) => `${parent}/listings/${id}`);
  const at = (n: number) => names[(n * 7919) % names.length]!;

  const single: number[] = [];
  const batch: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    single.push(
      await perSecond(singleGets, singleGets, async (n) => {
        await clients.catalog.getListing({ name: at(n) });
      }),
    );
    batch.push(
      await perSecond(batchGets, batchGets * batchSize, async (n) => {
        const wanted = Array.from(
          { length: batchSize },
          (_, k) => names[(n * batchSize + k) % names.length]!,
        );
        await clients.catalog.batchGetListings({ parent, names: wanted });
      }),
    );
  }
  emit({
    suite: "reads",
    metric: "get_listing",
    value: median(single),
    unit: "listings/s",
    better: "higher",
    aim: 1_000,
  });
  emit({
    suite: "reads",
    metric: "batch_get_listings_100",
    value: median(batch),
    unit: "listings/s",
    better: "higher",
    aim: 10_000,
    baseline: median(single),
  });
}

async function perSecond(calls: number, units: number, call: (n: number) => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await concurrently(
    Array.from({ length: calls }, (_, n) => n),
    inFlight,
    call,
  );
  return units / ((performance.now() - startMs) / 1_000);
}

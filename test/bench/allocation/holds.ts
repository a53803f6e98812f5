import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "@marketmesh/postgres";
import { startBenchMesh } from "../bench-mesh.ts";
import { emit, say } from "../figure.ts";
import type { HoldsLoad, HoldsLoaded } from "./holds-load.ts";
import { countWrong, insertListings, openAllocationDatabase } from "./holds-market.ts";

const market = "holds";
const callers = 64;
const sizes = [100, 1_000, 10_000];
const replicaCounts = [1, 2, 4];
/** Holds of a call, by as many callers. */
const batch = 100;
/** More than is taken of any listing but the few of the last run. */
const plenty = 1_000_000;
const scarce = { listings: 10, units: 300 };
const hot = { market, callers, batch: 1, seconds: 4, prefix: "n1000", listings: 500 };

/**
 * Holds a second, taken one by one by 64 callers and in batches: by listings, by processes of the service, and until nothing is left.
 * Only identity, catalog and allocation run: what others do with the events is not measured. A figure is the median of three runs.
 */
for (const replicas of replicaCounts) {
  await using service = await startAllocation(replicas);
  for (const listings of sizes) await service.insert(`n${listings}`, listings, plenty);
  await service.measure({ ...hot, seconds: 3 }); // what is compiled and planned once
  if (replicas === 1) await bySize(service);
  await byReplicas(service, replicas);
  if (replicas === replicaCounts.at(-1)) await untilNothingIsLeft(service);
}

async function bySize({ measure }: MeasuredService): Promise<void> {
  for (const listings of sizes) {
    const loaded = await measure({ ...hot, prefix: `n${listings}`, listings: listings / 2 });
    report(`holds_single_${listings}_listings_per_s`, loaded, 2_000);
  }
}

async function byReplicas({ measure }: MeasuredService, replicas: number): Promise<void> {
  const suffix = replicas === 1 ? "per_s" : `${replicas}_replicas_per_s`;
  const single = await median(() => measure(hot));
  report(`holds_single_${suffix}`, single, 2_000);
  if (replicas === 1) {
    const aim = { suite: "allocation", unit: "ms", better: "lower", aim: 50 } as const;
    emit({ ...aim, metric: "holds_single_p99_ms", value: single.p99Ms });
  }
  report(`holds_batch_${suffix}`, await median(() => measure({ ...hot, batch })), 10_000);
}

async function untilNothingIsLeft({ insert, measure, database }: MeasuredService): Promise<void> {
  await insert("scarce", 2 * scarce.listings, scarce.units);
  const all = await measure({ ...hot, prefix: "scarce", listings: scarce.listings, seconds: 2 });
  say(`until nothing is left: ${all.taken} taken, ${all.refused} refused, ${all.failed} failed`);
  const oversold =
    (await countWrong(database, market)) + Math.max(0, all.taken - scarce.listings * scarce.units);
  emit({
    suite: "allocation",
    metric: "holds_oversold",
    value: oversold,
    unit: "listings",
    better: "lower",
    aim: 0,
  });
}

interface MeasuredService extends AsyncDisposable {
  readonly database: Database;
  insert(prefix: string, listings: number, units: number): Promise<void>;
  measure(load: Omit<HoldsLoad, "token" | "urls">): Promise<HoldsLoaded>;
}

/** A mesh with so many processes of allocation, no more: those that nobody calls would have their share of the processors. */
async function startAllocation(replicas: number): Promise<MeasuredService> {
  const env = { RATE_LIMIT_CALLS_PER_SECOND: "100000", MARKETMESH_REPLICAS: `allocation=${replicas}` };
  const mesh = await startBenchMesh(env, ["identity", "catalog", "allocation"]);
  const database = await openAllocationDatabase(environmentOf(mesh.pidOf("allocation")));
  const token = await mesh.clients.accessToken();
  const urls = mesh.endpoints.allocation!.split(",");
  return {
    database,
    insert: (prefix, listings, units) => insertListings(database, market, prefix, listings / 2, units),
    measure: (load) => callFrom({ ...load, token, urls }),
    async [Symbol.asyncDispose]() {
      await database.close();
      await mesh[Symbol.asyncDispose]();
    },
  };
}

async function median(measure: () => Promise<HoldsLoaded>): Promise<HoldsLoaded> {
  const runs = [await measure(), await measure(), await measure()];
  return runs.sort((a, b) => a.taken / a.seconds - b.taken / b.seconds)[1]!;
}

function report(metric: string, loaded: HoldsLoaded, aim: number): void {
  const value = loaded.taken / loaded.seconds;
  emit({ suite: "allocation", metric, value, unit: "holds/s", better: "higher", aim });
  const { p50Ms, p99Ms, refused, failed } = loaded;
  say(
    `${metric}: p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ${refused} refused, ${failed} failed`,
  );
}

/** In a process of its own: what asks must not wait for what measures. */
async function callFrom(given: HoldsLoad): Promise<HoldsLoaded> {
  const path = join(import.meta.dirname, "holds-load.ts");
  const child = spawn(process.execPath, [path, JSON.stringify(given)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  const status = await ended;
  if (status !== 0) throw new Error(`the callers ended with ${status}`);
  return JSON.parse(Buffer.concat(chunks).toString()) as HoldsLoaded;
}

function environmentOf(process: number): NodeJS.ProcessEnv {
  const lines = readFileSync(`/proc/${process}/environ`, "utf8").split("\0");
  return Object.fromEntries(lines.filter(Boolean).map((line) => line.split(/=(.*)/s, 2)));
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { runMarket } from "@marketmesh/cli/job/market-job";
import { checkoutDir } from "@marketmesh/dev-stack/servers";
import { readScenario, type ScenarioMarket } from "@marketmesh/markets";
import { queriesOf } from "@marketmesh/slo/check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";
import { type Prometheus, startPrometheus } from "./prometheus.ts";

const folder = join(checkoutDir, "deploy", "dashboards");
const waitMs = 240_000;

let mesh: WholeMesh;
let prometheus: Prometheus;
let market: ScenarioMarket;
let load: Promise<unknown>;
beforeAll(async () => {
  mesh = await startWholeMesh({ ALLOCATION_MEASURE_EVERY_MS: "1000" });
  const targets = [...mesh.services].map(([name, { metricsUrl }]) => [name, new URL(metricsUrl).host]);
  prometheus = await startPrometheus(Object.fromEntries(targets));
  const [small] = readScenario("test/scenarios/small.yaml").markets as [ScenarioMarket];
  market = { ...small, sample: { supply: 40, demand: 10 } };
  load = runMarket(mesh.clients, market, 1, () => {});
  // It is awaited by the test that needs it; nobody else has to hear of its failure before.
  load.catch(() => {});
});
afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  await mesh?.[Symbol.asyncDispose]();
});

test("every query of the overview returns data of a mesh that works", async () => {
  await load;
  // Not before: hundreds of rules would take the processor from the mesh that they look at.
  await prometheus.loadRules();
  const lacking = new Set(expressionsOf("overview.json"));
  expect(lacking.size).toBeGreaterThan(20);
  const goesOn = keepBusy(() => lacking.size > 0);
  // Awaited below; nobody else has to hear of its failure before.
  goesOn.catch(() => {});
  const until = performance.now() + waitMs;
  while (lacking.size > 0 && performance.now() < until) {
    for (const query of lacking)
      if ((await prometheus.query(query)).some(({ value }) => value[1] !== "NaN")) lacking.delete(query);
    if (lacking.size > 0) await pause(500);
  }
  const withoutData = [...lacking].join("\n");
  lacking.clear();
  await goesOn;
  expect(withoutData).toBe("");
});

test("every rule is evaluated without an error", async () => {
  const until = performance.now() + waitMs;
  let rules = await prometheus.rules();
  // One that came late once, on a busy machine, is evaluated again; one that is wrong is wrong every time.
  while (rules.some(({ health }) => health !== "ok") && performance.now() < until) {
    await pause(500);
    rules = await prometheus.rules();
  }
  expect(rules.length).toBeGreaterThan(600);
  expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
});

test("nothing pages while all is well", async () => {
  const firing = await prometheus.query('ALERTS{alertstate="firing",severity="page"}');
  // How fast calls are answered here is as the machine is.
  expect(firing.filter(({ metric }) => metric.alertname !== "LatencyBudgetBurn")).toEqual([]);
});

test("Prometheus answers every query of every dashboard", async () => {
  for (const name of readdirSync(folder))
    for (const query of expressionsOf(name)) await prometheus.query(query);
});

test("whatever is defined is exposed by a service", async () => {
  const texts = await Promise.all(
    [...mesh.services.values()].map(async ({ metricsUrl }) => (await fetch(`${metricsUrl}/metrics`)).text()),
  );
  const defined = [
    ...readFileSync(join(checkoutDir, "docs", "METRICS.md"), "utf8").matchAll(/^\| `(\w+)` \|/gm),
  ];
  expect(defined.length).toBeGreaterThan(60);
  const missing = defined.filter(
    ([, name]) => !texts.some((text) => text.includes(`# TYPE marketmesh_${name} `)),
  );
  // Those of TLS, which this mesh does not speak.
  expect(missing.map(([, name]) => name).filter((name) => !name!.startsWith("tls_"))).toEqual([]);
});

/**
 * Rates look 30 s back: what a mesh did before the queries were asked may be out of sight by then. Here is more of it, with
 * calls that are refused, which a market that runs well has none of.
 */
async function keepBusy(wanted: () => boolean): Promise<void> {
  for (let seed = 2; wanted(); seed++) {
    const missing = mesh.clients.catalog.getListing({
      name: `markets/${market.market}/listings/missing-${seed}`,
    });
    await expect(missing).rejects.toThrow("not_found");
    await runMarket(mesh.clients, { ...market, market: `${market.market}-${seed}` }, seed, () => {});
  }
}

/** With the variables filled in. */
function expressionsOf(name: string): string[] {
  const queries = queriesOf(JSON.parse(readFileSync(join(folder, name), "utf8")));
  return queries.map(({ expr }) => expr.replaceAll("$__rate_interval", "30s").replaceAll("$market", ".+"));
}

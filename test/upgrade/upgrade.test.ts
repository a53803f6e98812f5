import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readManifest, restoreDatabase, verifyBackup } from "@marketmesh/backup";
import { runMarket } from "@marketmesh/cli/job/market-job";
import { readScenario, type ScenarioMarket } from "@marketmesh/markets";
import { expect, test } from "vitest";
import { inDatabase, newDatabases, newSite, serviceNames, startMesh } from "../backup/restorable-mesh.ts";
import { brokenTruths, listingVersions } from "../backup/truths.ts";

const release = "0.1.0";
const folder = join(import.meta.dirname, release);
const masterKey = readFileSync(`${folder}.master-key`, "utf8").trim();
const [sample] = readScenario("test/scenarios/small.yaml").markets as [ScenarioMarket];

interface StoredReport {
  readonly markets: readonly { readonly allocations: number; readonly allocationsSha256: string }[];
}

function storedReport(names: readonly string[]): StoredReport {
  const name = names.find((one) => one !== "markets.json")!;
  return JSON.parse(readFileSync(join(folder, "files", name), "utf8")) as StoredReport;
}

test(`data of release ${release} are migrated and served, by services that it did not have too`, async () => {
  using site = { ...newSite(), masterKey };
  await using databases = await newDatabases();
  const manifest = await readManifest(folder, release);
  await verifyBackup(folder, manifest);
  const before = new Map(manifest.databases.map((part) => [part.service, part]));
  expect(serviceNames.filter((name) => !before.has(name))).toContain("fulfillment");
  for (const part of manifest.databases) {
    const migrations = new URL(`../../services/${part.service}/migrations/`, import.meta.url);
    await restoreDatabase(folder, part, { ...databases.get(part.service)!, migrations });
  }

  await using mesh = await startMesh(site, databases);
  for (const [service, part] of before) {
    const applied = await inDatabase(
      databases,
      service,
      (sql) => sql`select 1 from marketmesh.schema_migrations`,
    );
    expect(applied.length).toBeGreaterThanOrEqual(part.migrations.length);
  }
  const { workflows } = await mesh.clients.fulfillment.listWorkflows({ parent: "markets/small" });
  expect(workflows).toEqual([]);
  const { serviceAccount } = await mesh.clients.identity.getServiceAccount({
    name: "serviceAccounts/fulfillment",
  });
  expect(serviceAccount).toBeDefined();

  // The same job finds all of it done.
  const [stored] = storedReport(manifest.files.map(({ name }) => name)).markets;
  const run = { ...sample.run, fulfil: false };
  const report = await runMarket(mesh.clients, { ...sample, run }, 1, () => {});
  expect(report.allocationsSha256).toBe(stored!.allocationsSha256);
  expect(report.allocations).toBe(stored!.allocations);
  expect(await brokenTruths(databases)).toEqual([]);
  const { listings, levels } = await listingVersions(databases);
  expect(listings).toHaveLength(240);
  expect(levels).toEqual(listings);
});

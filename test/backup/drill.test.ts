import { appendFileSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { backUp, type Manifest, readManifest, restoreDatabase, verifyBackup } from "@marketmesh/backup";
import { runMarket } from "@marketmesh/cli/job/market-job";
import { readScenario, type ScenarioMarket } from "@marketmesh/markets";
import { expect, test } from "vitest";
import {
  type Databases,
  deleteStreams,
  inDatabase,
  namesOf,
  newDatabases,
  newSite,
  type Site,
  type StartedMesh,
  serviceNames,
  startMesh,
} from "./restorable-mesh.ts";
import { brokenTruths, listingFacts, listingVersions, projections } from "./truths.ts";

const [small] = readScenario("test/scenarios/small.yaml").markets as [ScenarioMarket];
const product = "0.1.0";
const ghost = "markets/small/parties/ghost";
const ghostListing = "markets/small/listings/of-ghost";

const run = (mesh: StartedMesh, progress: (line: string) => void = () => {}) =>
  runMarket(mesh.clients, small, 1, progress);

function backUpAll(site: Site, databases: Databases): Promise<Manifest> {
  return backUp({
    folder: join(site.folder, "backup"),
    product,
    masterKey: site.masterKey,
    databases: namesOf(databases)
      .toReversed()
      .map((service) => ({ service, url: databases.get(service)!.migratorUrl })),
    now: () => new Date(),
  });
}

async function restoreAll(site: Site, databases: Databases): Promise<Manifest> {
  const folder = join(site.folder, "backup");
  const manifest = await readManifest(folder, product);
  await verifyBackup(folder, manifest);
  for (const part of manifest.databases) {
    const migrations = new URL(`../../services/${part.service}/migrations/`, import.meta.url);
    await restoreDatabase(folder, part, { ...databases.get(part.service)!, migrations });
  }
  return manifest;
}

/** A candidate with a name and no listing that takes part: its party is erased after the backup. */
async function createGhost({ clients }: StartedMesh): Promise<void> {
  await clients.identity.createParty({
    parent: "markets/small",
    partyId: "ghost",
    party: { displayName: "Greta Ghost" },
  });
  await clients.catalog.createListing({
    parent: "markets/small",
    listingId: "of-ghost",
    listing: {
      kind: "markets/small/kinds/talent-profile",
      owner: ghost,
      attributes: { skills: ["haunting"], full_name: "Greta Ghost" },
    },
  });
}

/** A job for next year that a worker, gone since, had taken. */
const takeJob = (databases: Databases) =>
  inDatabase(databases, "fulfillment", async (sql) => {
    await sql`select graphile_worker.add_job('later', '{}', run_at => now() + interval '1 year', job_key => 'kept')`;
    await sql`update graphile_worker._private_jobs set locked_at = now(), locked_by = 'gone' where key = 'kept'`;
  });

const stepsOf = (databases: Databases) =>
  inDatabase(databases, "fulfillment", async (sql) => {
    const [row] = await sql`select count(*)::int as steps from run_history`;
    return row!.steps as number;
  });

const feedEpochs = (databases: Databases, service: string) =>
  inDatabase(databases, service, async (sql) => {
    const rows = await sql`select feed, epoch::int as epoch from marketmesh.feeds order by feed`;
    return Object.fromEntries(rows.map(({ feed, epoch }) => [feed, epoch]));
  });

test("a mesh that was backed up in the middle of its work, lost and restored goes on to the same end", async () => {
  using site = newSite();
  await using lost = await newDatabases();
  await using restored = await newDatabases();
  let future: Awaited<ReturnType<typeof run>>;
  {
    await using mesh = await startMesh(site, lost);
    let ghostIsThere: Promise<void> | undefined;
    let backup: Promise<Manifest> | undefined;
    // Of the first round some are being carried out, and the second is being answered while the backup runs.
    future = await run(mesh, (line) => {
      if (line === "projected") ghostIsThere = createGhost(mesh).then(() => takeJob(lost));
      if (line.startsWith("round 2")) backup = ghostIsThere?.then(() => backUpAll(site, lost));
    });
    await backup;
    await mesh.clients.identity.eraseParty({ name: ghost });
  }
  const steps = await stepsOf(lost);
  expect(readFileSync(join(site.folder, "erasures.ndjson"), "utf8")).toContain('"ghost"');

  await deleteStreams(site);
  const manifest = await restoreAll(site, restored);
  const partOf = (service: string) => manifest.databases.find((part) => part.service === service)!;
  // It was in the middle: what came after it is not in it.
  const rowsOf = (service: string, table: string) =>
    partOf(service).tables.find((one) => one.table === table)!.rows;
  expect(rowsOf("allocation", "holds")).toBeGreaterThan(0);
  expect(rowsOf("fulfillment", "runs")).toBeGreaterThan(0);
  expect(rowsOf("fulfillment", "run_history")).toBeLessThan(steps);
  for (const service of ["catalog", "allocation", "fulfillment", "identity"]) {
    const before = Object.fromEntries(
      partOf(service).feeds.map(({ feed, epoch }) => [feed, Number(epoch) + 1]),
    );
    expect(await feedEpochs(restored, service)).toEqual(before);
  }

  const jobs = await inDatabase(
    restored,
    "fulfillment",
    (sql) =>
      sql`select key, locked_by from graphile_worker._private_jobs where key = 'kept' or locked_by is not null`,
  );
  expect([...jobs]).toEqual([{ key: "kept", locked_by: null }]);

  await using mesh = await startMesh(site, restored);
  // Nobody who was erased comes back, in any form, before anything else happens.
  const { party } = await mesh.clients.identity.getParty({ name: ghost });
  expect(party).toMatchObject({ displayName: "" });
  const keys = await inDatabase(
    restored,
    "identity",
    (sql) => sql`select 1 from party_keys where party = 'ghost'`,
  );
  expect(keys).toHaveLength(0);
  const { listing } = await mesh.clients.catalog.getListing({ name: ghostListing });
  expect(JSON.stringify(listing!.attributes)).not.toContain("Greta");

  const report = await run(mesh);
  expect(report.allocationsSha256).toBe(future.allocationsSha256);
  expect(report.allocations).toBe(future.allocations);
  // What carries them out came to the same end too: no run, step, task or call is missing or there twice.
  expect(report.completed).toBe(report.allocations);
  expect(report.outcomes).toEqual(future.outcomes);
  expect(await stepsOf(restored)).toBe(steps);
  expect(await brokenTruths(restored)).toEqual([]);

  // Work subscriptions have everything once, of both lives of the feed; capacity is that of the listings.
  await expect
    .poll(
      async () => {
        const { announced, recorded } = await listingFacts(restored);
        return recorded.length === announced.length && recorded.every((key, at) => key === announced[at]);
      },
      { timeout: 240_000 },
    )
    .toBe(true);
  const { listings, levels } = await listingVersions(restored);
  expect(levels).toEqual(listings);
  const dead = await Promise.all(
    serviceNames.map((name) =>
      inDatabase(restored, name, (sql) => sql`select 1 from marketmesh.dead_letters`),
    ),
  );
  expect(dead.flat()).toEqual([]);
  // Two projections, each rebuilt by itself, hold the same.
  await expect
    .poll(
      async () => {
        const [one, other] = await Promise.all(
          ["eligibility", "scoring"].map((name) => projections(mesh.services, name)),
        );
        return one!.length > 0 && JSON.stringify(one) === JSON.stringify(other);
      },
      { timeout: 240_000 },
    )
    .toBe(true);
});

test("a subscription whose database is older than its producer's gets what it lacks, and nothing twice", async () => {
  using site = newSite();
  const names = ["identity", "catalog", "allocation"] as const;
  await using lost = await newDatabases(names);
  await using restored = await newDatabases(names);
  const folder = join(site.folder, "backup");
  const changes = async () => {
    const rows = await inDatabase(
      restored,
      "allocation",
      (sql) => sql`
      select listing_id, count(*)::int as n, max(on_hand)::int as on_hand from capacity_changes group by 1 order by 1`,
    );
    return rows.map(({ listing_id, n, on_hand }) => [listing_id, n, on_hand]);
  };
  {
    await using mesh = await startMesh(site, lost);
    const { catalog, identity } = mesh.clients;
    await identity.createMarket({ marketId: "tools", market: { displayName: "Tools" } });
    const parent = "markets/tools";
    await catalog.createKind({
      parent,
      kindId: "tool",
      kind: { side: 1, schema: { type: "object", properties: {} } },
    });
    const create = async (id: string) => {
      const kind = `${parent}/kinds/tool`;
      await catalog.createListing({ parent, listingId: id, listing: { kind, capacity: { units: 3n } } });
    };
    await create("before");
    await expect.poll(async () => (await listingFacts(lost)).recorded, { timeout: 240_000 }).toHaveLength(1);
    // Allocation is copied now, catalog after two more writes: as if the copy of one had taken long.
    const one = (service: string, at: string) =>
      backUp({
        folder: `${folder}-${at}`,
        product,
        masterKey: site.masterKey,
        databases: [{ service, url: lost.get(service)!.migratorUrl }],
        now: () => new Date(),
      });
    const parts: [string, Manifest][] = [["allocation", await one("allocation", "a")]];
    await create("between");
    await catalog.updateListing({
      listing: { name: `${parent}/listings/before`, capacity: { units: 5n } },
      updateMask: { paths: ["capacity"] },
    });
    for (const service of names.filter((name) => name !== "allocation"))
      parts.push([service, await one(service, service)]);
    await create("lost");
    await expect.poll(async () => (await listingFacts(lost)).recorded, { timeout: 240_000 }).toHaveLength(4);
    for (const [service, manifest] of parts) {
      const migrations = new URL(`../../services/${service}/migrations/`, import.meta.url);
      const from = service === "allocation" ? `${folder}-a` : `${folder}-${service}`;
      await restoreDatabase(from, manifest.databases[0]!, { ...restored.get(service)!, migrations });
    }
  }
  await deleteStreams(site);
  expect(await changes()).toEqual([["before", 1, 3]]);
  await using mesh = await startMesh(site, restored);
  // Its event id is the one that the lost listing's had.
  await mesh.clients.catalog.createListing({
    parent: "markets/tools",
    listingId: "after",
    listing: { kind: "markets/tools/kinds/tool", capacity: { units: 7n } },
  });
  await expect.poll(changes, { timeout: 240_000 }).toEqual([
    ["after", 1, 7],
    ["before", 2, 5],
    ["between", 1, 3],
  ]);
  const { listings, levels } = await listingVersions(restored);
  expect(levels).toEqual(listings);
});

test("a damaged backup is refused before anything is touched", async () => {
  using site = newSite();
  await using databases = await newDatabases(["identity"]);
  await using target = await newDatabases(["identity"]);
  {
    await using _mesh = await startMesh(site, databases);
    await backUpAll(site, databases);
  }
  const file = join(site.folder, "backup", "identity", "public.signing_keys.copy.zst");
  truncateSync(file, 30);
  await expect(restoreAll(site, target)).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
  appendFileSync(file, "x".repeat(100));
  await expect(restoreAll(site, target)).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
  const tables = await inDatabase(
    target,
    "identity",
    (sql) => sql`select 1 from pg_tables where schemaname = 'public'`,
  );
  expect(tables).toHaveLength(0);
});

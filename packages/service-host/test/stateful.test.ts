import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { FeedService } from "@marketmesh/contracts/events/v1";
import { startServices } from "@marketmesh/testkit";
import { expect, test } from "vitest";
import type { Bind } from "../src/index.ts";

function migrations(): URL {
  const folder = mkdtempSync(join(tmpdir(), "marketmesh-host-"));
  writeFileSync(join(folder, "0001_create_things.sql"), "CREATE TABLE things (id text PRIMARY KEY);\n");
  return pathToFileURL(`${folder}/`);
}

test("a service with a database and events is migrated, serves FeedService, and reaches its neighbour's", async () => {
  const directory = migrations();
  const bind: Bind = async (host) => {
    const database = await host.database({ migrations: directory });
    await host.events(database);
  };
  await using running = await startServices([
    { name: "catalog", bind },
    { name: "scoring", bind },
  ]);
  const headers = { authorization: `Bearer ${await running.testToken()}` };
  const feeds = createClient(
    FeedService,
    createConnectTransport({ httpVersion: "2", baseUrl: running.urlOf("catalog") }),
  );
  expect(await feeds.getEventCounts({}, { headers })).toMatchObject({ published: 0n, pending: 0n });
  const scoring = running.services.get("scoring");
  const neighbour = scoring?.host.mesh(FeedService, { target: "catalog" });
  expect(await neighbour?.getEventCounts({})).toMatchObject({ dead: 0n });
  const metrics = await (await fetch(`${scoring?.metricsUrl}/metrics`)).text();
  expect(metrics).toContain("marketmesh_database_query_duration_seconds_count");
});

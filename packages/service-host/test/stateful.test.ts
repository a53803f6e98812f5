import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { TimestampSchema, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { FeedService } from "@marketmesh/contracts/events/v1";
import { announce, fact } from "@marketmesh/events";
import { startServices } from "@marketmesh/testkit";
import { expect, onTestFinished, test } from "vitest";
import type { Bind } from "../src/index.ts";

function migrations(): URL {
  const folder = mkdtempSync(join(tmpdir(), "marketmesh-host-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
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

test("work is audited over the mesh without any code of the service", async () => {
  const directory = migrations();
  const producer: Bind = async (host) => {
    const database = await host.database({ migrations: directory });
    await host.events(database);
    const things = [1n, 2n, 3n].map((version) => ({
      ...{ market: "berlin", feed: "thing", aggregateId: "a", version },
      fact: fact(TimestampSchema, timestampFromMs(Number(version))),
    }));
    await database.background((tx) => announce(tx, things));
  };
  const consumer: Bind = async (host) => {
    const events = await host.events(await host.database({ migrations: directory }));
    const work = { subscription: "things-of-catalog", service: "catalog", feeds: ["thing"], batchMax: 10 };
    events.work(work, async () => {});
  };
  const env = { EVENTS_AUDIT_AFTER_MS: "100", EVENTS_AUDIT_EVERY_MS: "50" };
  await using running = await startServices([
    { name: "catalog", bind: producer },
    { name: "scoring", bind: consumer, env },
  ]);
  const headers = { authorization: `Bearer ${await running.testToken()}` };
  const feeds = createClient(
    FeedService,
    createConnectTransport({ httpVersion: "2", baseUrl: running.urlOf("scoring") }),
  );
  const audit = async () => (await feeds.listFeedAudits({}, { headers })).audits[0];
  await expect.poll(audit, { timeout: 240_000 }).toMatchObject({ auditedTo: 3n, lastSeq: 3n, gapsCount: 0n });
  // They are measured apart from the audit that they tell of.
  const metrics = async () => (await fetch(`${running.services.get("scoring")?.metricsUrl}/metrics`)).text();
  await expect
    .poll(metrics)
    .toContain('marketmesh_feed_gaps{subscription="things-of-catalog",feed="thing"} 0');
});

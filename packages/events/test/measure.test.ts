import { createMetrics, type Metrics } from "@marketmesh/telemetry";
import { expect, test } from "vitest";
import { RelayFault } from "../src/relay.ts";
import { type Mesh, seen, startMesh, until } from "./mesh.ts";

const work = { subscription: "notes-of-things", service: "things", feeds: ["thing"], batchMax: 100 };
const things = [{ id: "a", version: 1n }];

/** Another process of the service that looks often; with what it tells about one metric. */
async function startMeasured(mesh: Mesh, options: Parameters<Mesh["start"]>[0] = {}) {
  const metrics = createMetrics();
  const events = await mesh.start({ metrics, measureEveryMs: 20, ...options });
  return { events, metrics, value: (name: string, labels = {}) => readingOf(metrics, name, labels) };
}

function readingOf(metrics: Metrics, name: string, labels: object): number {
  const family = metrics.families().find(({ definition }) => definition.name === name);
  const found = family?.series.find((series) => JSON.stringify(series.labels) === JSON.stringify(labels));
  return (family?.definition.type === "histogram" ? found?.count : found?.value) ?? Number.NaN;
}

test("one relay leads, and tells what it published", async () => {
  await using mesh = await startMesh();
  const [first, second] = [await startMeasured(mesh), await startMeasured(mesh)];
  const sum = (name: string) => first.value(name) + second.value(name);
  await until(
    () => sum("relay_leads"),
    (leaders) => leaders === 1,
  );
  await mesh.put(things);
  await until(
    () => Math.max(first.value("relay_published_total") || 0, second.value("relay_published_total") || 0),
    (published) => published === 1,
  );
  const leader = first.value("relay_leads") === 1 ? first : second;
  await leader.events.close();
  expect(leader.value("relay_leads")).toBe(0);
  await until(
    () => sum("relay_leads"),
    (leaders) => leaders === 1,
  );
});

test("the outbox ages while nothing is published", async () => {
  await using mesh = await startMesh();
  await mesh.put(things);
  const { value } = await startMeasured(mesh, {
    onRelayStep: () => {
      throw new RelayFault("stuck");
    },
  });
  await until(
    () => value("outbox_unpublished_rows"),
    (rows) => rows === 1,
  );
  const age = value("outbox_age_seconds");
  expect(age).toBeGreaterThan(0);
  await until(
    () => value("outbox_age_seconds"),
    (later) => later > age,
  );
});

test("lag falls to nothing once a slow handler goes on, and the delay is told", async () => {
  await using mesh = await startMesh();
  const { events, value } = await startMeasured(mesh);
  const release = Promise.withResolvers<void>();
  const labels = { subscription: work.subscription, way: "work" };
  events.work(work, () => release.promise);
  await mesh.put(things);
  await until(
    () => value("consumer_lag_messages", labels),
    (lag) => lag === 1,
  );
  release.resolve();
  await until(
    () => value("consumer_lag_messages", labels),
    (lag) => lag === 0,
  );
  expect(value("consumer_delay_seconds", { subscription: work.subscription })).toBe(1);
});

test("dead letters and parked events are counted by subscription", async () => {
  await using mesh = await startMesh();
  const { events, value } = await startMeasured(mesh);
  events.work({ ...work, attemptsMax: 1 }, async () => {
    throw new Error("never");
  });
  events.work({ ...work, subscription: "in-order", ordered: true }, async () => {});
  await mesh.put([{ id: "a", version: 2n }]);
  await until(
    () => [
      value("dead_letters", { subscription: work.subscription }),
      value("parked_events", { subscription: "in-order" }),
    ],
    ([dead, parked]) => dead === 1 && parked === 1,
  );
});

test("a follower that has everything is not stale, one that cannot bootstrap grows so", async () => {
  await using mesh = await startMesh();
  const { events, value } = await startMeasured(mesh);
  const follower = mesh.follow(events, seen());
  await mesh.put(things);
  await until(
    () => follower.position?.feedSeq,
    (position) => position === 1n,
  );
  await until(
    () => value("follow_staleness_seconds", { subscription: "things thing" }),
    (seconds) => seconds < 8,
  );
  const stuck = await startMeasured(mesh);
  const never = stuck.events.follow({
    service: "things",
    feed: "thing",
    bootstrap: () => Promise.reject(new Error("no export")),
    apply: () => {},
  });
  const before = never.staleMs;
  await until(
    () => never.staleMs,
    (now) => now > before + 100,
  );
});

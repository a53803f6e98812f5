import { createMetrics } from "@marketmesh/telemetry";
import { expect, test } from "vitest";
import { measureStaleness } from "./metrics.ts";
import type { ProjectedKind } from "./projected-kind.ts";
import { Projection } from "./projection.ts";

test("a kind is as stale as the feed, or as long as it waits for its export", () => {
  const projection = new Projection();
  const metrics = createMetrics();
  const follower = { staleMs: 2_000 };
  let nowMs = 0;
  measureStaleness(metrics, projection, follower, () => nowMs);
  const name = "markets/berlin/kinds/flat";
  // Staleness asks no more of a kind than whose it is.
  const kind = { market: "berlin", id: "flat" } as ProjectedKind;
  const told = () => /staleness_seconds\{market="berlin",kind="flat"\} (\S+)/.exec(metrics.text())?.[1];
  expect(told()).toBeUndefined();
  projection.replace({ position: { epoch: 1n, feedSeq: 1n }, kinds: new Map([[name, kind]]) });
  expect(told()).toBe("2");
  projection.want(name);
  expect(told()).toBe("2");
  nowMs = 5_000;
  expect(told()).toBe("5");
  projection.replace({ position: { epoch: 1n, feedSeq: 2n }, kinds: new Map([[name, kind]]) });
  expect(told()).toBe("2");
});

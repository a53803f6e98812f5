import "./headless-names.ts";
import { previousRelease, servicesOf } from "@marketmesh/dev-stack/release";
import { checkoutDir } from "@marketmesh/dev-stack/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { replicas } from "./cluster.ts";
import { knownFaultsOf } from "./known-faults.ts";
import { loadedServices } from "./load/load.ts";
import { install, roll } from "./roll.ts";
import { beginUpgrade, type Upgrade } from "./upgrade.ts";
import { announced, whatIsLost } from "./what-is-lost.ts";

const previous = previousRelease(checkoutDir);
const release = "commit" in previous ? previous : undefined;
const leftOut = whyLeftOut();
const title = leftOut === "" ? `an upgrade from ${release?.version}` : `an upgrade (left out: ${leftOut})`;
if (leftOut !== "") console.log(`${title}`);

const known = knownFaultsOf(release?.version ?? "");

// Bounds for a machine that is busy otherwise.
const stepMs = 600_000;
const steadyCalls = 200;
const standingCalls = 100;

describe.skipIf(leftOut !== "")(title, () => {
  let upgrade: Upgrade;
  let rolledInMs = 0;
  beforeAll(async () => {
    upgrade = await beginUpgrade(release!);
  }, stepMs);
  afterAll(() => upgrade?.[Symbol.asyncDispose](), stepMs);

  test(
    "N's migrations run while N-1 serves, and N-1 goes on over N's schema",
    async () => {
      const { load } = upgrade;
      await load.answered("before", steadyCalls);
      const migrations = await upgrade.migrate();
      console.log(`new in N's schema: ${migrations.join(", ") || "nothing"}`);
      expect(migrations).not.toEqual([]);
      await load.answered("over N's schema", standingCalls);
      expect(failed(upgrade)).toEqual([]);
    },
    stepMs,
  );

  test(
    "a roll that stands still with both builds side by side goes back to N-1",
    async () => {
      const { cluster, load, older, newer, services } = upgrade;
      expect(await roll(cluster, newer, 1)).toBe(services.length);
      await load.answered("half way", standingCalls);
      expect(await roll(cluster, older)).toBe(services.length);
      await load.answered("back", standingCalls);
      expect(failed(upgrade)).toEqual([]);
    },
    stepMs,
  );

  test(
    "every pod is rolled to N, one by one",
    async () => {
      const { cluster, load, newer, services, added } = upgrade;
      load.ledger.phase = "during";
      const startMs = performance.now();
      expect(await roll(cluster, newer)).toBe(services.length * replicas);
      rolledInMs = performance.now() - startMs;
      await install(cluster, newer, added);
      await load.answered("after", steadyCalls);
      expect(failed(upgrade)).toEqual([]);
    },
    stepMs,
  );

  test(
    "no call failed, and nothing was lost",
    async () => {
      const { cluster, load } = upgrade;
      await load.wane();
      const mended = await known.mend(load.mesh);
      const lost = await whatIsLost(cluster, load);
      await load.end();
      await cluster.drained();
      console.log(await figures(upgrade, { rolledInMs, lost: lost.length, mended }));
      expect(lost).toEqual([]);
      expect(failed(upgrade)).toEqual([]);
      expect(load.violations).toEqual([]);
      expect(cluster.complaints.filter((line) => !known.isKnown(line))).toEqual([]);
      expect(load.watcher.reconnects).toBeGreaterThan(0);
    },
    stepMs,
  );
});

function failed({ cluster, load }: Upgrade): string[] {
  return known.unexplained(load.ledger.failed, cluster);
}

interface Outcome {
  readonly rolledInMs: number;
  readonly lost: number;
  /** Runs that had to be retried because of what N-1 is known for. */
  readonly mended: number;
}

async function figures(upgrade: Upgrade, { rolledInMs, lost, mended }: Outcome): Promise<string> {
  const { cluster, load } = upgrade;
  const { ledger, model, watcher } = load;
  const pardoned = ledger.failed.length - failed(upgrade).length;
  const { events, waitedMs, again } = await announced(cluster);
  const p = (share: number) => (phase: string) => `${phase} ${ledger.quantile(phase, share)} ms`;
  const phases = ["before", "during", "after"];
  const slowestDrain = Math.round(Math.max(...cluster.drainsMs));
  return [
    `rolled ${upgrade.services.length * replicas} processes in ${Math.round(rolledInMs / 1_000)} s: calls ${ledger.calls.length}, failed ${ledger.failed.length - pardoned}${pardoned > 0 ? ` (and ${pardoned} as N-1 is known to)` : ""}`,
    `retried ${ledger.retries}, p99 ${phases.map(p(0.99)).join(", ")} (p50 ${phases.map(p(0.5)).join(", ")})`,
    `events ${events}, lost or broken ${lost}, published again ${again}, the last waited ${waitedMs} ms at most`,
    `holds ${model.holds.size} intact; runs ${model.runs.size + model.tasks.size} intact${mended > 0 ? ` (${mended} retried, as N-1 needs)` : ""}; watch begun again ${watcher.reconnects} times`,
    `drains ${cluster.drainsMs.length}, the longest ${slowestDrain} ms`,
  ].join("; ");
}

/** Empty: it is not. */
function whyLeftOut(): string {
  if (process.platform !== "linux") return "it needs Linux";
  if ("reason" in previous) return previous.reason;
  const there = servicesOf(checkoutDir, previous);
  const lacking = loadedServices.filter((name) => !there.includes(name));
  return lacking.length === 0 ? "" : `${previous.version} has no ${lacking.join(", ")}`;
}

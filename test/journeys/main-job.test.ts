import { runMarket } from "@marketmesh/cli/job/market-job";
import { readScenario, type ScenarioMarket } from "@marketmesh/markets";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";

const [small] = readScenario("test/scenarios/small.yaml").markets as [ScenarioMarket];

let mesh: WholeMesh;
let first: Awaited<ReturnType<typeof run>>;
beforeAll(async () => {
  mesh = await startWholeMesh();
  first = await run("first", 1);
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const run = (market: string, seed: number) => runMarket(mesh.clients, { ...small, market }, seed, () => {});

describe("the main job", () => {
  it("fills openings, gives the same allocations for the same seed and others for another", async () => {
    const again = await run("again", 1);
    const other = await run("other", 2);

    expect(first.fillRate).toBeGreaterThan(0.05);
    expect(first.supply).toBe(200);
    expect(first.demand).toBe(40);
    expect(first.acceptanceRate).toBeGreaterThan(0);
    expect(first.acceptanceRate).toBeLessThan(1);
    expect(first.eligiblePairs).toBeGreaterThan(first.allocations);
    expect(again.allocationsSha256).toBe(first.allocationsSha256);
    expect(other.allocationsSha256).not.toBe(first.allocationsSha256);
  });

  it("goes on where it was and comes to the same when it is run again", async () => {
    const again = await run("first", 1);
    expect(again.allocationsSha256).toBe(first.allocationsSha256);
    expect(again.allocations).toBe(first.allocations);
    expect(again.fillRate).toBe(first.fillRate);
  });
});

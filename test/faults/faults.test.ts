import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bundles, bundleServices } from "./bundled.ts";
import { oneOfEach, twoOfEach } from "./cases.ts";
import { runCase } from "./fault-case.ts";
import { FaultMesh } from "./fault-mesh.ts";

let bundles: Bundles;
beforeAll(async () => {
  bundles = await bundleServices();
});
afterAll(() => bundles?.[Symbol.dispose]());

describe.each([
  { name: "one process of each service", replicas: {}, cases: oneOfEach },
  {
    name: "two processes of four services",
    replicas: { eligibility: 2, scoring: 2, allocation: 2, fulfillment: 2 },
    cases: twoOfEach,
  },
])("$name", ({ replicas, cases }) => {
  let mesh: FaultMesh;
  let undisturbed: string;
  beforeAll(async () => {
    mesh = await FaultMesh.start(bundles, replicas);
    const { report, violations } = await runCase(mesh, "undisturbed", () => {});
    expect(violations).toEqual([]);
    expect(report.allocations).toBeGreaterThan(0);
    undisturbed = report.allocationsSha256;
  });
  afterAll(() => mesh?.[Symbol.asyncDispose]());

  for (const { name: what, market, inject, fulfils } of cases) {
    test(what, async () => {
      const { report, recoveries, violations } = await runCase(mesh, market, inject, fulfils);
      for (const { what: kill, backMs, jobMs } of recoveries)
        console.log(`${kill}: back after ${backMs} ms, the job went on after ${jobMs} ms`);
      for (const violation of violations) console.log(`violation: ${violation}`);
      expect(violations).toEqual([]);
      expect(report.allocationsSha256).toBe(undisturbed);
      if (fulfils) expect(report.completed).toBe(report.allocations);
    });
  }
});

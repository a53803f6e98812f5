import { applyPack } from "@marketmesh/cli/job/apply-pack";
import { packNames, readPack } from "@marketmesh/markets";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";

let mesh: WholeMesh;
beforeAll(async () => {
  mesh = await startWholeMesh();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

it.each(packNames())("applies the pack %s; repeating it changes nothing", async (name) => {
  const pack = readPack(name);
  const market = `apply-${name}`;
  await applyPack(mesh.clients, market, pack, { clock: "2026-03-02T08:00:00Z" });
  const before = await resourcesOf(market);
  await applyPack(mesh.clients, market, pack, { clock: "2026-03-02T08:00:00Z" });
  expect(await resourcesOf(market)).toEqual(before);
  expect(before.kinds).toHaveLength(2);
  expect(before.models.length).toBe(pack.models.length);
});

it("makes a new version of what the pack changes and leaves the rest", async () => {
  const pack = readPack("labor");
  await applyPack(mesh.clients, "changed", pack, {});
  const before = await resourcesOf("changed");
  const rules = pack.policy.rules.slice(0, 3);
  await applyPack(mesh.clients, "changed", { ...pack, policy: { ...pack.policy, rules } }, {});
  const after = await resourcesOf("changed");
  expect(after.policies[0]).toMatchObject({ version: 2n });
  expect(after.policies[0]!.rules).toHaveLength(3);
  expect({ ...after, policies: [] }).toEqual({ ...before, policies: [] });
});

async function resourcesOf(market: string) {
  const parent = `markets/${market}`;
  const { catalog, eligibility, scoring, allocation } = mesh.clients;
  return {
    kinds: (await catalog.listKinds({ parent })).kinds,
    policies: (await eligibility.listPolicies({ parent })).policies,
    models: (await scoring.listModels({ parent })).models,
    plans: (await allocation.listPlans({ parent })).plans,
  };
}

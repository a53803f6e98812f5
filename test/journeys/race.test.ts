import { applyPack } from "@marketmesh/cli/job/apply-pack";
import { createParties } from "@marketmesh/cli/job/create-parties";
import { importListings } from "@marketmesh/cli/job/import-listings";
import { awaitProjections } from "@marketmesh/cli/job/projections";
import { raceOf, readPack } from "@marketmesh/markets";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";

const start = "2026-03-02T08:00:00Z";
const buyers = 64;
const alternatives = 40;

let mesh: WholeMesh;
beforeAll(async () => {
  mesh = await startWholeMesh();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

it("gives one unique item to exactly one of 64 buyers who ask at the same moment", async () => {
  const pack = readPack("goods");
  const race = raceOf("goods", 1)!;
  const [unique, ...others] = race.supply;
  const supply = [unique!, ...others.slice(0, alternatives)];
  const demand = race.demand.slice(0, buyers);
  await applyPack(mesh.clients, "race", pack, { clock: start });
  await createParties(mesh.clients, "race", race.parties);
  const imports = [
    await importListings(mesh.clients, "race", "supply", pack.plan.supply, supply),
    await importListings(mesh.clients, "race", "demand", pack.plan.demand, demand),
  ];
  const revisions = imports.map(({ revision }) => revision);
  await awaitProjections(mesh.clients, "race", pack, revisions, start);

  const plan = `markets/race/plans/${pack.plan.plan}`;
  const answers = await Promise.all(
    demand.map(({ id }) =>
      mesh.clients.allocation.allocateNow(
        { plan, demand: `markets/race/listings/${id}`, revisions },
        { timeoutMs: 120_000 },
      ),
    ),
  );

  const held = answers.flatMap(({ decision }) => decision!.outcomes.map(({ supply: name }) => name));
  const winners = held.filter((name) => name === `markets/race/listings/${unique!.id}`);
  expect(winners).toHaveLength(1);
  expect(new Set(held).size).toBe(held.length);
  // Every loser got its next best until nothing was left.
  expect(held).toHaveLength(alternatives + 1);

  const { capacityLevels } = await mesh.clients.allocation.listCapacityLevels({
    parent: "markets/race",
    pageSize: 1_000,
  });
  for (const { held: units, allocated, onHand } of capacityLevels) {
    expect(units + allocated).toBeLessThanOrEqual(onHand);
  }
});

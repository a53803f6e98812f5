import { Plan_Side } from "@marketmesh/contracts/allocation/v1";
import { createMetrics } from "@marketmesh/telemetry";
import { expect, test } from "vitest";
import { measureOutcomes } from "../src/outcomes.ts";
import { Signals } from "../src/rounds/signals.ts";
import { createPlan, listing, market, parent, startAllocation, until } from "./start-allocation.ts";

test("holds by state, fill rate and time to fill are told, each fact once over two replicas", async () => {
  await using app = await startAllocation({ ALLOCATION_MEASURE_EVERY_MS: "20" });
  const second = createMetrics();
  const stopping = new AbortController();
  const deps = { database: app.database, metrics: second, signals: new Signals(), measureEveryMs: 20 };
  const running = measureOutcomes(deps, stopping.signal);
  const ids = [0, 1, 2, 3];
  await app.list(
    ...ids.map((n) => ({ id: `s${n}`, side: "SUPPLY" as const, owner: `worker${n}` })),
    ...ids.map((n) => ({ id: `d${n}`, side: "DEMAND" as const, owner: `firm${n}` })),
  );
  app.world.eligible = (demand, supply) => demand.slice(1) === supply.slice(1);
  await createPlan(app.staff, { answeredBy: Plan_Side.SUPPLY, acceptanceWindow: { seconds: 7_200n } });
  const demands = ids.slice(0, 3).map((n) => listing(`d${n}`));
  const { decisions } = await app.staff.batchAllocateNow({ plan: `${parent}/plans/p`, demands });
  const [yes, no] = decisions.map(({ outcomes }) => outcomes[0]!.hold.replace("/holds/", "/offers/"));
  await app.staff.acceptOffer({ name: yes! });
  await app.staff.declineOffer({ name: no! });

  const first = (line: string) => app.metrics().includes(`marketmesh_${line}\n`);
  await until(() => first(`holds_held{market="${market}"} 1`));
  await until(() => first(`demand_units{market="${market}",what="asked"} 4`));
  await until(() => first(`demand_units{market="${market}",what="allocated"} 1`));
  await until(() => first(`fill_rate_ratio{market="${market}"} 0.25`));

  const sum = (name: string) => {
    const values = [app.metrics(), second.text()].map(
      (text) => text.split(`marketmesh_${name} `)[1]?.split("\n")[0],
    );
    return values.reduce((total, value) => total + Number(value ?? 0), 0);
  };
  const changes = (what: string, state: string) =>
    sum(`${what}_changes_total{market="${market}",state="${state}"}`);
  await until(() => sum(`time_to_fill_seconds_count{market="${market}"}`) === 1);
  // Each replica counts what it took by itself: one may be at the offers before the other has counted the holds.
  await expect
    .poll(() => ["HELD", "CONFIRMED", "RELEASED"].map((state) => changes("hold", state)))
    .toEqual([3, 1, 1]);
  await expect
    .poll(() => ["MADE", "ACCEPTED", "DECLINED"].map((state) => changes("offer", state)))
    .toEqual([3, 1, 1]);
  expect(sum(`time_to_fill_seconds_sum{market="${market}"}`)).toBeGreaterThan(0);
  stopping.abort();
  await running;
});

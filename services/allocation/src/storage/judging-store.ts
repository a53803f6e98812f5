import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Plan } from "../domain/plan.ts";
import { type Clock, type ClockRow, clockOf } from "./clock-store.ts";
import { type PlanRow, planOf } from "./plan-store.ts";

/** A plan as it is and the market's clock, in one question; no plan: there is none with this id. */
export async function readPlanAndClock(
  tx: Tx,
  market: string,
  id: string,
): Promise<{ readonly plan: Plan | undefined; readonly clock: Clock }> {
  const [row] = await tx.execute<ClockRow & { plan_id: string | null; plan_version: string } & PlanRow>(sql`
    select p.id as plan_id, p.id, p.version as plan_version, p.content, p.create_time, p.update_time,
      c.mode, c.market_time, c.version, now() as wall_time
    from (select 1) one left join clocks c on c.market = ${market} and c.bucket = ${bucketOf(market)}
      left join plans p on p.market = ${market} and p.bucket = ${bucketOf(id)} and p.id = ${id}`);
  const { plan_id: found, plan_version: version } = row!;
  return { plan: found === null ? undefined : planOf({ ...row!, version }), clock: clockOf(row!) };
}

import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { RoundState } from "../domain/round.ts";
import { dateOf, type Timestamp } from "./time.ts";

/** What an approval has to know of a round. */
export interface LockedRound {
  readonly id: string;
  readonly plan: string;
  readonly state: RoundState;
  /** Undefined: it needs none. */
  readonly approvalExpireTime: Date | undefined;
}

/** Taken after the clock and before the plan. */
export async function lockRound(tx: Tx, market: string, id: string): Promise<LockedRound | undefined> {
  const [row] = await tx.execute<{ plan: string; state: RoundState; expire: Timestamp | null }>(sql`
    select plan, state, approval_expire_time as expire from rounds
    where market = ${market} and bucket = ${bucketOf(id)} and id = ${id} for update`);
  if (!row) return undefined;
  const { plan, state, expire } = row;
  return { id, plan, state, approvalExpireTime: expire === null ? undefined : dateOf(expire) };
}

/** The locked round may be committed; it has its turn among others that share a kind. */
export async function saveApproved(tx: Tx, market: string, id: string, approver: string): Promise<void> {
  await tx.execute(sql`
    update rounds set state = 'SOLVED', approver = ${approver}, attempts = 0, begun = false, lease_owner = '',
      lease_expire_time = clock_timestamp() - interval '1 second' + lease_shift,
      version = version + 1, update_time = clock_timestamp()
    where market = ${market} and bucket = ${bucketOf(id)} and id = ${id}`);
}

export async function saveRejection(
  tx: Tx,
  market: string,
  id: string,
  approver: string,
  rejection: string,
): Promise<void> {
  await tx.execute(sql`
    update rounds set state = 'REJECTED', approver = ${approver}, rejection = ${rejection},
      version = version + 1, update_time = clock_timestamp()
    where market = ${market} and bucket = ${bucketOf(id)} and id = ${id}`);
}

/** Rounds whose time to be approved is over by their market's clock, of one market or of all; at most 100. */
export async function overdueApprovals(tx: Tx, market?: string): Promise<{ market: string; id: string }[]> {
  const rows = await tx.execute<{ market: string; id: string }>(sql`
    select r.market, r.id from rounds r left join clocks c on c.market = r.market
    where r.state = 'AWAITING_APPROVAL' and r.approval_expire_time <= coalesce(c.market_time, now())
      ${market === undefined ? sql`` : sql`and r.market = ${market}`}
    order by r.approval_expire_time, r.market, r.id limit 100`);
  return [...rows];
}

import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Clock_Mode, Offer_State, OfferAnswer_Answer, Plan_Side } from "@marketmesh/contracts/allocation/v1";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { type App, createPlan, listing, parent, startAllocation } from "./start-allocation.ts";

const begin = Date.parse("2030-01-01T00:00:00Z");
const workers = 8;
const turns = 12;

/** A generator of whole numbers that gives the same on every machine. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("decisions, holds, answers and advances at once leave levels that equal the claims", async () => {
  await using app = await startAllocation();
  app.world.demandScore = (demand, supply) => (demand.length * 7 + supply.charCodeAt(1)) % 5;
  await app.staff.createClock({
    parent,
    clock: { mode: Clock_Mode.SANDBOX, time: timestampFromDate(new Date(begin)) },
  });
  const ids = Array.from({ length: 12 }, (_, n) => n);
  await app.list(
    ...ids.map((n) => ({
      id: `s${n}`,
      side: "SUPPLY" as const,
      units: 1 + (n % 3),
      ...(n % 4 === 0 && { exclusiveGroup: "g" }),
    })),
    ...ids.map((n) => ({ id: `d${n}`, side: "DEMAND" as const, units: 4, groups: { g: String(n % 3) } })),
  );
  await createPlan(app.staff, { answeredBy: Plan_Side.SUPPLY, acceptanceWindow: { seconds: 60n } });
  let minutes = 0;
  const unexpected: string[] = [];
  const turn = async (next: (below: number) => number) => {
    const acts = [
      () => decide(app, next),
      () => decide(app, next),
      () => answer(app, next),
      () => hold(app, next),
      () => advance(app, ++minutes),
    ];
    await acts[next(acts.length)]!().catch((error: unknown) => {
      // Refusals are part of the game; a fault, a deadlock or an oversold level is not.
      const refused = error instanceof ConnectError && error.code === Code.FailedPrecondition;
      if (!refused) unexpected.push(String(error));
    });
  };
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      const next = numbers(worker + 1);
      for (let done = 0; done < turns; done++) await turn(next);
    }),
  );
  expect(unexpected).toEqual([]);
  expect((await app.staff.listAllocations({ parent })).allocations.length).toBeGreaterThan(5);
  expect(await discrepancies(app)).toEqual([]);
  await advance(app, minutes + 10);
  expect((await app.staff.listOffers({ parent, state: Offer_State.MADE })).offers).toEqual([]);
  expect(await discrepancies(app)).toEqual([]);
});

async function decide(app: App, next: (below: number) => number): Promise<void> {
  const first = next(12);
  const demands = [first, (first + 1 + next(11)) % 12].map((n) => listing(`d${n}`));
  await app.staff.batchAllocateNow({ plan: `${parent}/plans/p`, demands });
}

async function answer(app: App, next: (below: number) => number): Promise<void> {
  const { offers } = await app.staff.listOffers({ parent, state: Offer_State.MADE, pageSize: 5 });
  if (offers.length === 0) return;
  const given = [OfferAnswer_Answer.ACCEPT, OfferAnswer_Answer.DECLINE] as const;
  const answers = offers.map(({ name }) => ({ offer: name, answer: given[next(2)]! }));
  await app.staff.batchAnswerOffers({ parent, answers });
}

async function hold(app: App, next: (below: number) => number): Promise<void> {
  const pair = { demand: listing(`d${next(12)}`), supply: listing(`s${next(12)}`) };
  const { hold: made } = await app.staff.createHold({ parent, hold: pair });
  if (next(2) === 0) await app.staff.confirmHold({ name: made!.name });
}

async function advance(app: App, minutes: number): Promise<void> {
  const time = timestampFromDate(new Date(begin + minutes * 30_000));
  await app.staff.advanceClock({ name: `${parent}/clock`, time });
}

/** Levels that are oversold or differ from their holds, and group claims that differ from theirs. */
async function discrepancies(app: App) {
  const rows = await app.database.background((tx) =>
    tx.execute(sql`
      with claims as (
        select listing, coalesce(sum(units) filter (where state = 'HELD'), 0) as held,
          coalesce(sum(units) filter (where state = 'CONFIRMED'), 0) as allocated
        from holds cross join lateral (values (demand), (supply)) sides(listing) group by listing)
      select l.listing_id from capacity_levels l left join claims c on c.listing = l.listing_id
      where l.held <> coalesce(c.held, 0) or l.allocated <> coalesce(c.allocated, 0)
        or l.held + l.allocated > l.on_hand
      union all
      select supply from (
        select supply, group_value from holds where state in ('HELD', 'CONFIRMED') and group_value is not null) h
      full join group_claims g using (supply, group_value) where g.units is null`),
  );
  return [...rows];
}

import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Decision } from "@marketmesh/contracts/allocation/v1";
import { hash32 } from "@marketmesh/markets";
import { chunksOf } from "./concurrently.ts";
import type { Fulfilment } from "./fulfilment.ts";
import type { MarketRun } from "./market-run.ts";
import { idOf } from "./names.ts";
import { settleOffers } from "./settle-offers.ts";
import type { Tally } from "./tally.ts";

/** A demand and how many of its units nobody serves yet. */
export interface OpenDemand {
  readonly id: string;
  units: number;
}

const batchMs = 60_000;

/**
 * Serves demands at once, in an order drawn from the seed: batches, each awaited, a minute of market time apart. After each pass
 * the offers are answered; who is still open gets another pass, until a pass holds nothing.
 *
 * A batch repeats its `request_id`, so going on after an interruption replays the answers that were given.
 */
export async function allocateAtOnce(
  run: MarketRun,
  fulfilment: Fulfilment,
  plan: string,
  demands: readonly OpenDemand[],
  limits: { readonly batch: number; readonly roundsMax: number },
  revisions: readonly string[],
  tally: Tally,
): Promise<void> {
  const byId = new Map(demands.map((demand) => [demand.id, demand]));
  const order = seedOrder(demands, run.seed);
  for (let pass = 1; pass <= limits.roundsMax; pass += 1) {
    const open = order.filter(({ units }) => units > 0);
    const held: Decision[] = [];
    for (const [number, batch] of chunksOf(open, limits.batch).entries()) {
      const decisions = await tally.phase("decide", () =>
        decide(run, plan, batch, `${run.names.market}/${run.seed}/${pass}/${number}`, revisions),
      );
      tally.held(decisions.some(({ outcomes }) => outcomes.length > 0));
      held.push(...decisions.filter(({ outcomes }) => outcomes.length > 0));
      const now = decisions.at(-1)?.decisionTime;
      if (now === undefined) continue;
      const nextMs = timestampMs(now) + batchMs;
      await fulfilment.playUntil(nextMs);
      await run.advanceClock(nextMs);
    }
    if (held.length === 0) return;
    await tally.phase("answer", () => settleOffers(run, fulfilment));
    for (const decision of held) {
      const demand = byId.get(idOf(decision.demand))!;
      for (const { supply, units } of decision.outcomes) {
        if (run.takes(demand.id, idOf(supply))) demand.units -= Number(units);
      }
    }
  }
}

async function decide(
  run: MarketRun,
  plan: string,
  batch: readonly OpenDemand[],
  requestId: string,
  revisions: readonly string[],
): Promise<Decision[]> {
  const demands = batch.map(({ id }) => run.names.listing(id));
  const request = { plan, demands, revisions: [...revisions], requestId };
  const { decisions } = await run.followed.decide("allocate at once", () =>
    run.mesh.allocation.batchAllocateNow(request, { timeoutMs: 120_000 }),
  );
  return decisions;
}

function seedOrder(demands: readonly OpenDemand[], seed: number): OpenDemand[] {
  const keyed = demands.map((demand) => ({ demand, key: hash32("order", seed, demand.id) }));
  keyed.sort((left, right) => left.key - right.key || (left.demand.id < right.demand.id ? -1 : 1));
  return keyed.map(({ demand }) => demand);
}

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { patiently } from "@marketmesh/client";
import { type Round, Round_State } from "@marketmesh/contracts/allocation/v1";
import type { Fulfilment } from "./fulfilment.ts";
import type { MarketRun } from "./market-run.ts";
import { jobPatienceMs } from "./patience.ts";
import { settleOffers } from "./settle-offers.ts";
import type { Tally } from "./tally.ts";

const dayMs = 86_400_000;

/**
 * Runs rounds of a plan until one holds nothing: everything is filled, or nobody is left to ask. Each wave is answered
 * before the next round, which a workflow creates where the market has one that does. Going on after an interruption repeats
 * nothing: a round that exists is read.
 */
export async function runRounds(
  run: MarketRun,
  fulfilment: Fulfilment,
  plan: string,
  revisions: readonly string[],
  limits: { readonly roundsMax: number; readonly waitDays: number },
  tally: Tally,
  progress: (line: string) => void,
): Promise<void> {
  let waited = limits.waitDays === 0;
  let name = run.names.of("rounds", "round-1");
  await create(run, plan, name, revisions);
  for (let number = 1; number <= limits.roundsMax; number += 1) {
    const round = await tally.phase("decide", () => committed(run, name, tally));
    if (round.state === Round_State.FAILED) throw new Error(`${round.name} failed: ${round.failure}`);
    await tally.phase("answer", () => settleOffers(run, fulfilment));
    progress(`round ${number}: ${round.openUnits} units open, ${round.heldUnits} held`);
    const backfilled = fulfilment.backfills
      ? await tally.phase("decide", () => fulfilment.nextRound(name))
      : undefined;
    if (round.holdCount === 0n) {
      if (waited) return;
      // Dates in rules, an embargo for one, let later rounds find what this one did not.
      const laterMs = timestampMs(round.decisionTime!) + limits.waitDays * dayMs;
      await tally.phase("fulfil", () => fulfilment.playOut(laterMs));
      await run.advanceClock(laterMs);
      waited = true;
    }
    name = backfilled ?? run.names.of("rounds", `round-${number + 1}`);
    if (backfilled === undefined) await tally.phase("decide", () => create(run, plan, name, revisions));
  }
}

/** Starts a round, or finds it started. */
async function create(
  run: MarketRun,
  plan: string,
  name: string,
  revisions: readonly string[],
): Promise<void> {
  const roundId = name.slice(name.lastIndexOf("/") + 1);
  const request = { parent: run.names.market, roundId, round: { plan }, revisions: [...revisions] };
  const asked = () => run.mesh.allocation.createRound(request, { timeoutMs: 120_000 });
  await run.followed.decide("round", asked).catch((error) => {
    if (ConnectError.from(error).code !== Code.AlreadyExists) throw error;
  });
}

/** Waits until a round holds what it decided; a watch that breaks begins again. How long the round takes is no part of the patience. */
function committed(run: MarketRun, name: string, tally: Tally): Promise<Round> {
  const watch = () => watched(run, name, tally);
  return watch().catch(() => patiently(watch, { patienceMs: jobPatienceMs }));
}

async function watched(run: MarketRun, name: string, tally: Tally): Promise<Round> {
  let last: Round | undefined;
  for await (const { round } of run.mesh.allocation.watchRound({ name }, { timeoutMs: 600_000 })) {
    last = round;
    tally.held(round!.holdCount > 0n);
  }
  if (last === undefined) throw new Error(`${name}: the watch ended without a word`);
  return last;
}

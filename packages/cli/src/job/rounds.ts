import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Round, Round_State } from "@marketmesh/contracts/allocation/v1";
import type { MarketRun } from "./market-run.ts";
import { settleOffers } from "./settle-offers.ts";
import type { Tally } from "./tally.ts";

const dayMs = 86_400_000;

/**
 * Runs rounds of a plan until one holds nothing: everything is filled, or nobody is left to ask. Each wave is answered
 * before the next round. Going on after an interruption repeats nothing: rounds are numbered, and a round that exists is read.
 */
export async function runRounds(
  run: MarketRun,
  plan: string,
  revisions: readonly string[],
  limits: { readonly roundsMax: number; readonly waitDays: number },
  tally: Tally,
  progress: (line: string) => void,
): Promise<void> {
  let waited = limits.waitDays === 0;
  for (let number = 1; number <= limits.roundsMax; number += 1) {
    const round = await tally.phase("decide", () =>
      committed(run, plan, `round-${number}`, revisions, tally),
    );
    if (round.state === Round_State.FAILED) throw new Error(`${round.name} failed: ${round.failure}`);
    await tally.phase("answer", () => settleOffers(run));
    progress(`round ${number}: ${round.openUnits} units open, ${round.heldUnits} held`);
    if (round.holdCount > 0n) continue;
    if (waited) return;
    // Dates in rules, an embargo for one, let later rounds find what this one did not.
    await run.advanceClock(timestampMs(round.decisionTime!) + limits.waitDays * dayMs);
    waited = true;
  }
}

/** Starts a round, or finds it started, and waits until it holds what it decided. */
async function committed(
  run: MarketRun,
  plan: string,
  roundId: string,
  revisions: readonly string[],
  tally: Tally,
): Promise<Round> {
  const { mesh, names } = run;
  const name = names.of("rounds", roundId);
  await mesh.allocation
    .createRound(
      { parent: names.market, roundId, round: { plan }, revisions: [...revisions] },
      { timeoutMs: 120_000 },
    )
    .catch((error) => {
      if (ConnectError.from(error).code !== Code.AlreadyExists) throw error;
    });
  let last: Round | undefined;
  for await (const { round } of mesh.allocation.watchRound({ name }, { timeoutMs: 600_000 })) {
    last = round;
    tally.held(round!.holdCount > 0n);
  }
  if (last === undefined) throw new Error(`${name}: the watch ended without a word`);
  return last;
}

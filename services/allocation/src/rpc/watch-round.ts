import type { MethodImpl } from "@connectrpc/connect";
import type { AllocationService } from "@marketmesh/contracts/allocation/v1";
import { idsOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { endedStates } from "../domain/round.ts";
import { topics } from "../rounds/signals.ts";
import type { Shell } from "../shell.ts";
import { countOpenOffers } from "../storage/offer-store.ts";
import { readRound } from "../storage/round-store.ts";
import { patterns } from "./names.ts";
import { found } from "./problem.ts";
import { toRoundMessage } from "./round-message.ts";

// A round that another process moves is noticed by looking again: late by a tenth of the time that it stood still, or 250 ms.
const lookMsMin = 250;
const lookMsMax = 10_000;

/** When to look again at a round that has stood still for so long. Offers may wait for weeks. */
export function nextLookMs(stillMs: number): number {
  return Math.min(lookMsMax, Math.max(lookMsMin, stillMs / 10));
}

export function watchRound(
  shell: Pick<Shell, "database" | "signals">,
): MethodImpl<typeof AllocationService.method.watchRound> {
  return async function* (request, context) {
    const { market, round: id } = idsOf(patterns.round, request.name);
    let movedMs = performance.now();
    for (let seen = -1; !context.signal.aborted; ) {
      // Listens before it looks: what moves in between is not missed.
      const waitMs = nextLookMs(performance.now() - movedMs);
      const woken = shell.signals.wait(topics.round(market, id), waitMs, context.signal);
      const { round, open } = await read(shell, context, market, async (tx, caller) => {
        const current = found(await readRound(tx, market, id), caller, "ROUND_NOT_FOUND", request.name);
        // Counting reads as many holds as there are offers: only for who is told.
        if (current.version === seen) return { round: current, open: 0 };
        return { round: current, open: (await countOpenOffers(tx, market, [id])).get(id) ?? 0 };
      });
      if (round.version !== seen) {
        movedMs = performance.now();
        yield { round: toRoundMessage(market, round, open) };
      }
      seen = round.version;
      if (endedStates.has(round.state)) return;
      await woken;
    }
  };
}

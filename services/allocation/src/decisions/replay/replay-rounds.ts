import type { MessageInitShape } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import type { DecisionService, ReplayRoundsResponseSchema } from "@marketmesh/contracts/allocation/v1";
import { idsOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { nameOf, patterns } from "../../rpc/names.ts";
import type { Replayed, SolvedOutcome } from "../heavy/replay.ts";
import { Thread } from "../heavy/thread.ts";
import { draftOver } from "./draft.ts";
import { asRefusal, type ReplayShell } from "./heavy-shell.ts";
import { type ReplayableRound, readRecord, selectRounds } from "./load-rounds.ts";

type Part = MessageInitShape<typeof ReplayRoundsResponseSchema>;

export function replayRounds(shell: ReplayShell): MethodImpl<typeof DecisionService.method.replayRounds> {
  return async function* (request, context): AsyncGenerator<Part> {
    const { market } = idsOf(patterns.market, request.parent, "parent");
    const rounds = await read(shell, context, market, (tx, caller) =>
      selectRounds(tx, caller, market, request),
    );
    const { draft } = request;
    const plans = rounds.map(({ plan }) => (draft ? draftOver(market, plan, draft, "draft").plan : plan));
    using _ = shell.gate.enter(market);
    using thread = new Thread(context.signal);
    const replays: ReturnType<typeof toMessage>[] = [];
    for (const [at, selected] of rounds.entries()) {
      yield { roundsDone: at, roundsTotal: rounds.length };
      const record = await read(shell, context, market, (tx) => readRecord(tx, market, selected));
      const job = { kind: "REPLAY", record, plan: plans[at]! } as const;
      const replayed = await thread.answer(job).catch((error: unknown) => {
        throw asRefusal(error, "draft.plan");
      });
      replays.push(toMessage(market, selected, replayed));
    }
    yield { roundsDone: rounds.length, roundsTotal: rounds.length, replays, release: shell.release };
  };
}

function toMessage(market: string, { round, entry }: ReplayableRound, replayed: Replayed) {
  const gap = entry?.proof?.gap;
  return {
    round: nameOf(market, "rounds", round.id),
    planVersion: BigInt(round.planVersion),
    release: entry?.release ?? "",
    recorded: outcomeMessage({ ...replayed.recorded, gap }),
    replayed: outcomeMessage(replayed.replayed),
    identical: replayed.recorded.hash === replayed.replayed.hash,
    pairsGained: BigInt(replayed.gained),
    pairsLost: BigInt(replayed.lost),
  };
}

function outcomeMessage({ pairs, units, blockingPairs, hash, gap, ...outcome }: SolvedOutcome) {
  return {
    ...outcome,
    pairCount: BigInt(pairs),
    units: BigInt(units),
    blockingPairs: BigInt(blockingPairs),
    resultHash: hash,
    ...(gap !== undefined && { gap }),
  };
}

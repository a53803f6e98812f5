import type { ServiceImpl } from "@connectrpc/connect";
import type { AllocationService } from "@marketmesh/contracts/allocation/v1";
import type { Shell } from "../shell.ts";
import { allocateNow } from "./allocate-now.ts";
import { allocations } from "./allocations.ts";
import { batchAnswerOffers } from "./batch-answer-offers.ts";
import { batchSettleHolds } from "./batch-settle-holds.ts";
import { capacity } from "./capacity.ts";
import { clock } from "./clock.ts";
import { createHold } from "./create-holds.ts";
import { decisions } from "./decisions.ts";
import { holds } from "./holds.ts";
import { listRoundPairs } from "./list-round-pairs.ts";
import { offers } from "./offers.ts";
import { plans } from "./plans.ts";
import { roundApproval } from "./round-approval.ts";
import { rounds } from "./rounds.ts";
import { watchRound } from "./watch-round.ts";

/** The verbs of one resource stand in one file; the larger ones in their own. */
export function allocationRoutes(shell: Shell): ServiceImpl<typeof AllocationService> {
  return {
    ...plans(shell),
    ...capacity(shell),
    ...allocateNow(shell),
    ...holds(shell),
    ...createHold(shell),
    batchSettleHolds: batchSettleHolds(shell),
    ...rounds(shell),
    ...roundApproval(shell),
    listRoundPairs: listRoundPairs(shell),
    watchRound: watchRound(shell),
    ...offers(shell),
    batchAnswerOffers: batchAnswerOffers(shell),
    ...allocations(shell),
    ...decisions(shell),
    ...clock(shell),
  };
}

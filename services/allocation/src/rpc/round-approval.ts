import type { ServiceImpl } from "@connectrpc/connect";
import { AllocationService } from "@marketmesh/contracts/allocation/v1";
import type { Tx } from "@marketmesh/postgres";
import { type Caller, idsOf } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import { type Approval, approveRound, rejectRound } from "../rounds/approve-round.ts";
import { topics } from "../rounds/signals.ts";
import type { Shell } from "../shell.ts";
import { lockRound } from "../storage/approval-store.ts";
import { patterns } from "./names.ts";
import { found, refuse } from "./problem.ts";
import { readRoundMessage } from "./rounds.ts";

const methods = AllocationService.method;
type Methods = Pick<ServiceImpl<typeof AllocationService>, "approveRound" | "rejectRound">;

export function roundApproval(shell: Pick<Shell, "database" | "signals">): Methods {
  return {
    approveRound: async (request, context) => {
      const { market, round } = idsOf(patterns.round, request.name);
      const mutation = { method: methods.approveRound, market, request };
      const response = await mutate(shell, context, mutation, (tx, caller) =>
        answered(tx, caller, market, round, request.name, () =>
          approveRound(tx, market, round, caller.principal),
        ),
      );
      shell.signals.tell(topics.roundToDo);
      shell.signals.tell(topics.round(market, round));
      return response;
    },

    rejectRound: async (request, context) => {
      const { market, round } = idsOf(patterns.round, request.name);
      const mutation = { method: methods.rejectRound, market, request };
      const response = await mutate(shell, context, mutation, (tx, caller) =>
        answered(tx, caller, market, round, request.name, () =>
          rejectRound(tx, market, round, caller.principal, request.reason),
        ),
      );
      shell.signals.tell(topics.round(market, round));
      return response;
    },
  };
}

async function answered(
  tx: Tx,
  caller: Caller,
  market: string,
  id: string,
  name: string,
  settle: () => Promise<Approval>,
) {
  const approval = await settle();
  const round = found(await readRoundMessage(tx, market, id), caller, "ROUND_NOT_FOUND", name);
  if (approval === "APPROVAL_EXPIRED") {
    throw refuse("APPROVAL_EXPIRED", `the time to approve ${name} is over`, { round: name });
  }
  if (approval === "ROUND_NOT_AWAITING") {
    const { state = "" } = (await lockRound(tx, market, id)) ?? {};
    throw refuse("ROUND_NOT_AWAITING", `${name} is ${state}`, { round: name, state });
  }
  return { round };
}

import type { ServiceImpl } from "@connectrpc/connect";
import type { AllocationService } from "@marketmesh/contracts/allocation/v1";
import type { Tx } from "@marketmesh/postgres";
import { idsOf, listById } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import type { Decision } from "../domain/decision.ts";
import type { Shell } from "../shell.ts";
import { listDecisions } from "../storage/decision-store.ts";
import { readHoldsOfDecisions } from "../storage/hold-store.ts";
import { toDecisionMessage } from "./decision-message.ts";
import { listingOf, patterns, roundOf } from "./names.ts";
import { found } from "./problem.ts";

type Methods = Pick<ServiceImpl<typeof AllocationService>, "getDecision" | "listDecisions">;

export function decisions(shell: Pick<Shell, "database">): Methods {
  return {
    getDecision: (request, context) => {
      const { market, decision: id } = idsOf(patterns.decision, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const [decision] = await listDecisions(tx, market, { id }, "", 1);
        const seen = found(decision, caller, "DECISION_NOT_FOUND", request.name);
        const [message] = await withHolds(tx, market, [seen]);
        return { decision: message! };
      });
    },

    listDecisions: (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const filter = {
        demand: listingOf(market, request.demand, "demand"),
        round: roundOf(market, request.round, "round"),
      };
      return read(shell, context, market, async (tx) => {
        const { rows, nextPageToken } = await listById(
          request,
          ["decisions", market, filter],
          (after, limit) => listDecisions(tx, market, filter, after, limit),
        );
        return { decisions: await withHolds(tx, market, rows), nextPageToken };
      });
    },
  };
}

async function withHolds(tx: Tx, market: string, rows: readonly Decision[]) {
  const holds = await readHoldsOfDecisions(tx, market, rows);
  return rows.map((decision) => toDecisionMessage(market, decision, holds.get(decision.id) ?? []));
}

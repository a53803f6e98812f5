import type { MethodImpl } from "@connectrpc/connect";
import {
  AllocationService,
  Hold_State,
  HoldRest,
  type HoldSettlement,
  HoldSettlement_Action,
} from "@marketmesh/contracts/allocation/v1";
import { actAsMarket } from "@marketmesh/postgres";
import { idsOf, invalidField } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import { type AskedSettlement, type SettledHold, settleAsked } from "../ledger/settle-asked.ts";
import type { Shell } from "../shell.ts";
import { readHolds } from "../storage/hold-store.ts";
import { toHoldStateMessage } from "./hold-message.ts";
import { nameOf, patterns } from "./names.ts";
import { refuse } from "./problem.ts";

const method = AllocationService.method.batchSettleHolds;

export function batchSettleHolds(shell: Shell): MethodImpl<typeof method> {
  return (request, context) => {
    const { market } = idsOf(patterns.market, request.parent, "parent");
    const asked = parseSettlements(shell, market, request.settlements);
    return mutate(shell, context, { method, market, request }, async (tx, caller) => {
      const visible = await readHolds(
        tx,
        market,
        asked.map(({ hold }) => hold),
      );
      const seen = new Set(visible.map(({ id }) => id));
      await actAsMarket(tx);
      const { byId } = await settleAsked(
        tx,
        market,
        asked.filter(({ hold }) => seen.has(hold)),
      );
      const hidden = caller.reach === "PARTY" ? "RESOURCE_NOT_ACCESSIBLE" : "HOLD_NOT_FOUND";
      return { holds: asked.map(({ hold }) => outcomeOf(market, hold, byId.get(hold), hidden)) };
    });
  };
}

function outcomeOf(market: string, id: string, settled: SettledHold | undefined, hidden: string) {
  const hold = nameOf(market, "holds", id);
  if (!settled) return { hold, state: Hold_State.UNSPECIFIED, reason: hidden };
  return {
    hold,
    state: toHoldStateMessage(settled.hold.state),
    reason: settled.refusal ?? "",
    rest: nameOf(market, "holds", settled.rest?.id ?? ""),
  };
}

function parseSettlements(
  shell: Shell,
  market: string,
  settlements: readonly HoldSettlement[],
): AskedSettlement[] {
  const seen = new Set<string>();
  return settlements.map(({ hold: name, action, units, rest }, at) => {
    const field = `settlements[${at}].hold`;
    const ids = idsOf(patterns.hold, name, field);
    if (ids.market !== market) throw invalidField(field, `not a hold of markets/${market}`);
    if (seen.has(ids.hold)) throw refuse("HOLD_REPEATED", `${name} is named twice`, { hold: name }, field);
    seen.add(ids.hold);
    return {
      hold: ids.hold,
      to: action === HoldSettlement_Action.CONFIRM ? "CONFIRMED" : "RELEASED",
      units: Number(units),
      rest: rest === HoldRest.KEEP ? shell.uuid() : undefined,
    };
  });
}

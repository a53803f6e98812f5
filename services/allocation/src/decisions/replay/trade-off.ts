import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import {
  type DecisionService,
  DraftPlanSchema,
  type GetTradeOffRequest,
  Plan_Strategy,
} from "@marketmesh/contracts/allocation/v1";
import { idsOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { flawOf } from "../../domain/check-plan.ts";
import { type Plan, planStrategies } from "../../domain/plan.ts";
import { patterns } from "../../rpc/names.ts";
import { Thread } from "../heavy/thread.ts";
import type { CurvePlan, CurvePoint } from "../heavy/trade-off.ts";
import { draftOver } from "./draft.ts";
import { asRefusal, type ReplayShell } from "./heavy-shell.ts";
import { readRecord, readReplayable } from "./load-rounds.ts";

/** EXPECTED is measured by what people answered, not by a graph. */
const comparable = planStrategies.filter((strategy) => strategy !== "EXPECTED");

export function getTradeOff(shell: ReplayShell): MethodImpl<typeof DecisionService.method.getTradeOff> {
  return async (request, context) => {
    const { market, round: id } = idsOf(patterns.round, request.round, "round");
    const { plan, record } = await read(shell, context, market, async (tx, caller) => {
      const replayable = await readReplayable(tx, caller, market, id);
      return { ...replayable, record: await readRecord(tx, market, replayable) };
    });
    const plans = plansOf(market, plan, request);
    using _ = shell.gate.enter(market);
    using thread = new Thread(context.signal);
    const job = { kind: "TRADE_OFF", record, plans, grouping: request.grouping } as const;
    const points = await thread.answer(job).catch((error: unknown) => {
      throw asRefusal(error, "grouping");
    });
    return { points: points.map(toMessage) };
  };
}

function plansOf(market: string, plan: Plan, { drafts }: GetTradeOffRequest): CurvePlan[] {
  if (drafts.length > 0) return drafts.map((draft, at) => draftOver(market, plan, draft, `drafts[${at}]`));
  return comparable
    .filter((strategy) => flawOf({ ...plan, strategy }) === undefined)
    .map((strategy) => {
      const draft = create(DraftPlanSchema, { plan: { strategy: Plan_Strategy[strategy] } });
      return draftOver(market, plan, draft, "drafts");
    });
}

function toMessage({ blockingPairs, meanWaitSeconds, gap, groups, ...point }: CurvePoint) {
  return {
    ...point,
    blockingPairs: BigInt(blockingPairs),
    ...(meanWaitSeconds !== undefined && { meanWaitSeconds }),
    ...(gap !== undefined && { gap }),
    groups: groups.map(({ eligible, selected, ...group }) => ({
      ...group,
      eligible: BigInt(eligible),
      selected: BigInt(selected),
    })),
  };
}

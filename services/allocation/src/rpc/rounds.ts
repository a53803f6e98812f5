import type { ServiceImpl } from "@connectrpc/connect";
import { AllocationService } from "@marketmesh/contracts/allocation/v1";
import type { Tx } from "@marketmesh/postgres";
import { encodePageToken, idsOf, pageOf } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import { activeTraceparent } from "@marketmesh/telemetry";
import { needsNewRelease } from "../domain/plan.ts";
import { parseRevisions } from "../rounds/revisions.ts";
import { topics } from "../rounds/signals.ts";
import type { Shell } from "../shell.ts";
import { countOpenOffers } from "../storage/offer-store.ts";
import { lockPlan, setActiveRound } from "../storage/plan-store.ts";
import { insertRound, listRounds, type NewRound, readRound } from "../storage/round-store.ts";
import { nameOf, patterns, planOf } from "./names.ts";
import { found, refuse } from "./problem.ts";
import { toRoundMessage } from "./round-message.ts";

const methods = AllocationService.method;
type Methods = Pick<ServiceImpl<typeof AllocationService>, "createRound" | "getRound" | "listRounds">;

export function rounds(shell: Pick<Shell, "database" | "signals">): Methods {
  return {
    createRound: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const planName = request.round?.plan ?? "";
      const planId = planOf(market, planName, "round.plan") ?? "";
      parseRevisions(request.revisions);
      const round = nameOf(market, "rounds", request.roundId);
      const mutation = { method: methods.createRound, market, request };
      const response = await mutate(shell, context, mutation, async (tx, caller) => {
        const locked = await lockPlan(tx, market, planId);
        const { plan, activeRound } = found(locked, caller, "PLAN_NOT_FOUND", planName);
        const { revisions } = request;
        const traceparent = activeTraceparent();
        const dryRun = request.round?.dryRun ?? false;
        const row: NewRound = {
          ...{
            id: request.roundId,
            plan: plan.id,
            planVersion: plan.version,
            revisions,
            traceparent,
            dryRun,
          },
          kinds: plan,
          needsNewRelease: dryRun || needsNewRelease(plan),
        };
        if (!(await insertRound(tx, market, row))) {
          throw refuse("ROUND_ALREADY_EXISTS", `${round} exists already`, { round });
        }
        if (dryRun) return { round: (await readRoundMessage(tx, market, request.roundId))! };
        if (activeRound !== "") {
          const metadata = { plan: planName, round: activeRound };
          throw refuse("ROUND_RUNNING", `round ${activeRound} has not taken its holds yet`, metadata);
        }
        await setActiveRound(tx, market, plan.id, request.roundId);
        return { round: (await readRoundMessage(tx, market, request.roundId))! };
      });
      shell.signals.tell(topics.roundToDo);
      return response;
    },

    getRound: (request, context) => {
      const { market, round: id } = idsOf(patterns.round, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const round = await readRoundMessage(tx, market, id);
        return { round: found(round, caller, "ROUND_NOT_FOUND", request.name) };
      });
    },

    listRounds: (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const plan = planOf(market, request.plan, "plan");
      const filter = ["rounds", market, plan ?? ""];
      const { size, after } = pageOf(request, { sizeDefault: 100, sizeMax: 1_000, filter });
      const cursor = after && { createTime: String(after[0]), id: String(after[1]) };
      return read(shell, context, market, async (tx) => {
        const rows = await listRounds(tx, market, plan, cursor, size + 1);
        const page = rows.slice(0, size);
        const last = page.at(-1);
        const ids = page.map(({ round }) => round.id);
        const open = await countOpenOffers(tx, market, ids);
        return {
          rounds: page.map(({ round }) => toRoundMessage(market, round, open.get(round.id) ?? 0)),
          nextPageToken:
            rows.length > size && last ? encodePageToken([last.createTime, last.round.id], filter) : "",
        };
      });
    },
  };
}

/** A round with its open offers; undefined when it is not there. */
export async function readRoundMessage(tx: Tx, market: string, id: string) {
  const round = await readRound(tx, market, id);
  if (!round) return undefined;
  const open = await countOpenOffers(tx, market, [id]);
  return toRoundMessage(market, round, open.get(id) ?? 0);
}

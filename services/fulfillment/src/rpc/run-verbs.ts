import type { ServiceImpl } from "@connectrpc/connect";
import { FulfillmentService } from "@marketmesh/contracts/fulfillment/v1";
import type { Tx } from "@marketmesh/postgres";
import { idsOf, invalidField, staleEtag } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import { hasEnded } from "../domain/run.ts";
import type { Shell } from "../shell.ts";
import type { MovingRun } from "../steps/moving-run.ts";
import { givenData } from "./json-data.ts";
import { type LockedRun, lockRun, moveRun, runAsItStands } from "./move-run.ts";
import { patterns } from "./names.ts";
import { refuse } from "./problem.ts";
import { runEtag } from "./run-message.ts";

const methods = FulfillmentService.method;
type Methods = Pick<ServiceImpl<typeof FulfillmentService>, "signalRun" | "cancelRun" | "retryRun">;

// What people and clients say; names of facts have dots.
const signalPattern = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/;

export function runVerbs(shell: Shell): Methods {
  return {
    signalRun: (request, context) => {
      const { market, run } = idsOf(patterns.run, request.name);
      if (!signalPattern.test(request.type)) {
        throw invalidField("type", "letters, digits, hyphens and underscores, a letter first");
      }
      const data = givenData(request.data, "data") ?? {};
      return mutate(shell, context, { method: methods.signalRun, market, request }, async (tx, caller) => {
        const locked = await lockRun(shell, tx, caller, { market, run, time: request.marketTime });
        refuseEnded(request.name, locked.moving);
        const id = `signals/${request.requestId || shell.uuid()}`;
        const event = { id, type: request.type, subject: "", timeMs: locked.nowMs, data };
        return { run: await moveRun(tx, market, locked, { kind: "received", nowMs: locked.nowMs, event }) };
      });
    },

    cancelRun: (request, context) => {
      const { market, run } = idsOf(patterns.run, request.name);
      return mutate(shell, context, { method: methods.cancelRun, market, request }, async (tx, caller) => {
        const locked = await lockRun(shell, tx, caller, { market, run, time: request.marketTime });
        if (locked.moving.run.status === "CANCELLED") return { run: await runAsItStands(tx, market, run) };
        refuseStale(request, locked);
        refuseEnded(request.name, locked.moving);
        return { run: await cancel(tx, market, locked, request.reason) };
      });
    },

    retryRun: (request, context) => {
      const { market, run } = idsOf(patterns.run, request.name);
      return mutate(shell, context, { method: methods.retryRun, market, request }, async (tx, caller) => {
        const locked = await lockRun(shell, tx, caller, { market, run, time: request.marketTime });
        refuseStale(request, locked);
        const { status } = locked.moving.run;
        if (status !== "FAULTED") {
          const metadata = { run: request.name, state: status };
          throw refuse("RUN_NOT_FAULTED", `${request.name} is ${status}`, metadata);
        }
        return { run: await moveRun(tx, market, locked, { kind: "retried", nowMs: locked.nowMs }) };
      });
    },
  };
}

function cancel(tx: Tx, market: string, locked: LockedRun, reason: string) {
  return moveRun(tx, market, locked, { kind: "cancelled", nowMs: locked.nowMs, reason });
}

/** RUN_ENDED for a run that nothing happens to any more. */
export function refuseEnded(name: string, { run }: MovingRun): void {
  if (!hasEnded(run.status)) return;
  throw refuse("RUN_ENDED", `${name} is ${run.status}`, { run: name, state: run.status });
}

function refuseStale(request: { readonly name: string; readonly etag: string }, { moving }: LockedRun): void {
  if (request.etag !== "" && request.etag !== runEtag(moving.run)) throw staleEtag(request.name);
}

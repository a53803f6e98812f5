import type { MethodImpl } from "@connectrpc/connect";
import { isResourceId } from "@marketmesh/contracts";
import { FulfillmentService } from "@marketmesh/contracts/fulfillment/v1";
import { idsOf, invalidField } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import { activeTraceparent } from "@marketmesh/telemetry";
import { bounds } from "../domain/json.ts";
import { runIdOf } from "../domain/run-id.ts";
import { lockMail } from "../events/mail-locks.ts";
import type { Shell } from "../shell.ts";
import { RunSteps } from "../steps/run-steps.ts";
import { versionKey } from "../steps/workflow-library.ts";
import { findEarly } from "../storage/interest-store.ts";
import { readWorkflow } from "../storage/workflow-store.ts";
import { givenData } from "./json-data.ts";
import { callMs } from "./market-time.ts";
import { runAsItStands } from "./move-run.ts";
import { nameOf, patterns, subjectOf, workflowOf } from "./names.ts";
import { found, refuse } from "./problem.ts";

const method = FulfillmentService.method.startRun;

export function startRun(shell: Shell): MethodImpl<typeof method> {
  return (request, context) => {
    const { market } = idsOf(patterns.market, request.parent, "parent");
    const workflowName = request.run?.workflow ?? "";
    const workflow = workflowOf(market, workflowName, "run.workflow") ?? "";
    const subject = subjectOf(market, request.run?.subject ?? "", "run.subject");
    const input = givenData(request.run?.input, "run.input", bounds.input) ?? {};
    const id = idOf(shell, request.runId, workflow, subject);
    return mutate(shell, context, { method, market, request }, async (tx, caller) => {
      const stored = found(
        await readWorkflow(tx, market, workflow),
        caller,
        "WORKFLOW_NOT_FOUND",
        workflowName,
      );
      if (stored.state === "RETIRED") {
        throw refuse("WORKFLOW_RETIRED", `${workflowName} is retired`, { workflow: workflowName });
      }
      const clock = await shell.clocks.of(tx, market);
      const nowMs = callMs(clock, request.marketTime, shell.nowMs());
      const version = { id: workflow, version: stored.version };
      const parsed = (await shell.library.get(tx, market, [version])).get(versionKey(version))!;
      const name = nameOf(market, "runs", id);
      const start = { run: name, market: `markets/${market}`, subject, input, nowMs };
      const interests = parsed
        .interests(start)
        .flatMap(({ type, subject }) => (subject === undefined ? [] : [{ type, subject }]));
      await lockMail(
        tx,
        market,
        interests.map((interest) => interest.subject),
      );
      const steps = await RunSteps.open(tx, shell, { market, clock, nowMs: shell.nowMs() }, []);
      const traceparent = activeTraceparent();
      const moving = steps.start({ id, workflow: parsed, version: stored.version, start, traceparent });
      for (const event of await findEarly(tx, market, interests)) {
        steps.apply(moving, { kind: "received", nowMs: event.timeMs, event }, traceparent);
      }
      if ((await steps.save()).has(id)) {
        throw refuse("RUN_ALREADY_EXISTS", `${name} exists already, or its subject has a run`, { run: name });
      }
      return { run: await runAsItStands(tx, market, id) };
    });
  };
}

function idOf(shell: Shell, given: string, workflow: string, subject: string): string {
  if (given === "") return subject === "" ? shell.uuid() : runIdOf(workflow, subject);
  if (!isResourceId(given))
    throw invalidField("run_id", "1 to 63 letters, digits, dots, hyphens, underscores or tildes");
  return given;
}

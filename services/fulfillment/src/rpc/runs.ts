import type { ServiceImpl } from "@connectrpc/connect";
import type { FulfillmentService } from "@marketmesh/contracts/fulfillment/v1";
import { idsOf, listById } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import type { Shell } from "../shell.ts";
import { listHistory } from "../storage/history-store.ts";
import { listRuns, readRun } from "../storage/run-store.ts";
import { decodeStep, toHistoryMessage, tokenAfter } from "./history-message.ts";
import { givenMs } from "./market-time.ts";
import { patterns, subjectOf, workflowOf } from "./names.ts";
import { found } from "./problem.ts";
import { fromRunState, toRunFact, toRunMessage } from "./run-message.ts";

type Methods = Pick<ServiceImpl<typeof FulfillmentService>, "getRun" | "listRuns" | "listRunHistory">;

export function runs(shell: Pick<Shell, "database">): Methods {
  return {
    getRun: (request, context) => {
      const { market, run: id } = idsOf(patterns.run, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const { run, state, input } = found(
          await readRun(tx, market, id),
          caller,
          "RUN_NOT_FOUND",
          request.name,
        );
        return { run: toRunMessage(market, run, state, input) };
      });
    },

    listRuns: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const filter = {
        workflow: workflowOf(market, request.workflow, "workflow"),
        status: fromRunState(request.state),
        stage: request.stage === "" ? undefined : request.stage.replaceAll("\0", "\ufffd"),
        subject: subjectOf(market, request.subject, "subject") || undefined,
        createdBeforeMs: givenMs(request.createdBefore, "created_before"),
      };
      const { rows, nextPageToken } = await read(shell, context, market, (tx) =>
        listById(request, ["runs", market, filter], (after, limit) =>
          listRuns(tx, market, filter, after, limit),
        ),
      );
      return { runs: rows.map((run) => toRunFact(market, run)), nextPageToken };
    },

    listRunHistory: (request, context) => {
      const { market, run: id } = idsOf(patterns.run, request.name);
      return read(shell, context, market, async (tx, caller) => {
        found(await readRun(tx, market, id), caller, "RUN_NOT_FOUND", request.name);
        const { size, afterStep } = decodeStep(request, market, id);
        const { entries, hasMore } = await listHistory(tx, market, id, afterStep, size);
        return {
          entries: entries.map(toHistoryMessage),
          nextPageToken: hasMore ? tokenAfter(entries, market, id) : "",
        };
      });
    },
  };
}

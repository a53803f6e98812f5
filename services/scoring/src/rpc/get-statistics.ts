import type { ServiceImpl } from "@connectrpc/connect";
import type { ScoringService } from "@marketmesh/contracts/scoring/v1";
import { callerOf, idsOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { findStatisticsHead } from "../storage/statistics-store.ts";
import { patterns } from "./names.ts";
import { statisticsNotFound } from "./problem.ts";
import type { Shell } from "./shell.ts";
import { toStatisticsMessage } from "./statistics-message.ts";

export function getStatistics(shell: Shell): ServiceImpl<typeof ScoringService>["getStatistics"] {
  return async ({ name }, context) => {
    const { market, statistics: id } = idsOf(patterns.statistics, name);
    const head = await read(shell, context, market, (tx) => findStatisticsHead(tx, market, id));
    if (head === undefined) throw statisticsNotFound(name, callerOf(context));
    return { statistics: toStatisticsMessage(head) };
  };
}

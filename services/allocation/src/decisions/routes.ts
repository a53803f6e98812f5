import type { ServiceImpl } from "@connectrpc/connect";
import type { DecisionService } from "@marketmesh/contracts/allocation/v1";
import { type ExplainShell, explainPair } from "./explain/explain-pair.ts";
import { exportDecisions } from "./export/export-decisions.ts";
import { replayRounds } from "./replay/replay-rounds.ts";
import { simulatePlans } from "./replay/simulate-plans.ts";
import { getTradeOff } from "./replay/trade-off.ts";
import { settings } from "./settings.ts";

export function decisionRoutes(shell: ExplainShell): ServiceImpl<typeof DecisionService> {
  return {
    exportDecisions: exportDecisions(shell),
    ...settings(shell),
    explainPair: explainPair(shell),
    getTradeOff: getTradeOff(shell),
    replayRounds: replayRounds(shell),
    simulatePlans: simulatePlans(shell),
  };
}

import type { ServiceImpl } from "@connectrpc/connect";
import type { ScoringService } from "@marketmesh/contracts/scoring/v1";
import type { Kinds } from "@marketmesh/listing-projection";
import { collectStatistics } from "./collect-statistics.ts";
import { createModel } from "./create-model.ts";
import { getModel } from "./get-model.ts";
import { getStatistics } from "./get-statistics.ts";
import type { InquiryDeps } from "./inquiry.ts";
import { listModels } from "./list-models.ts";
import { rank } from "./rank.ts";
import { scorePairs } from "./score-pairs.ts";
import { updateModel } from "./update-model.ts";

export interface Deps extends InquiryDeps {
  readonly catalog: Kinds;
}

export function routes(deps: Deps): ServiceImpl<typeof ScoringService> {
  const { shell, catalog, listings } = deps;
  return {
    createModel: createModel(shell, catalog),
    getModel: getModel(shell),
    listModels: listModels(shell),
    updateModel: updateModel(shell, catalog),
    collectStatistics: collectStatistics(shell, listings),
    getStatistics: getStatistics(shell),
    scorePairs: scorePairs(deps),
    rank: rank(deps),
  };
}

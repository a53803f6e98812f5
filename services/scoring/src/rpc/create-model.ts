import type { ServiceImpl } from "@connectrpc/connect";
import { formatName, namePatterns } from "@marketmesh/contracts";
import { ScoringService } from "@marketmesh/contracts/scoring/v1";
import { announce } from "@marketmesh/events";
import { type Kinds, kindId, readKinds } from "@marketmesh/listing-projection";
import { idsOf } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import { checkModel } from "../domain/check-model.ts";
import type { StoredModel } from "../domain/model.ts";
import { modelCreated } from "../events/outbox.ts";
import { insertModel } from "../storage/model-store.ts";
import { fromModelMessage, toModelMessage } from "./model-message.ts";
import { mistakesProblem, modelExists } from "./problem.ts";
import { refuseParty, type Shell } from "./shell.ts";

export function createModel(shell: Shell, catalog: Kinds): ServiceImpl<typeof ScoringService>["createModel"] {
  return async (request, context) => {
    const { market } = idsOf(namePatterns.market, request.parent, "parent");
    const name = formatName(namePatterns.model, { market, model: request.modelId });
    refuseParty(context, name);
    const given = request.model!;
    const content = fromModelMessage(given);
    const kinds = await readKinds(catalog, { market, field: "model" }, given, context.signal);
    const problems = checkModel(content, { supply: kinds.supply.types, demand: kinds.demand.types });
    if (problems.length > 0) throw mistakesProblem(problems);
    const now = shell.now();
    const model: StoredModel = {
      market,
      id: request.modelId,
      demandKind: kindId(given.demandKind),
      supplyKind: kindId(given.supplyKind),
      ...content,
      version: 1n,
      demandKindVersion: kinds.demand.version,
      supplyKindVersion: kinds.supply.version,
      createTime: now,
      updateTime: now,
    };
    const method = ScoringService.method.createModel;
    return mutate(shell, context, { method, market, request }, async (tx) => {
      if (!(await insertModel(tx, model))) throw modelExists(name);
      await announce(tx, [modelCreated(model)]);
      return { model: toModelMessage(model) };
    });
  };
}

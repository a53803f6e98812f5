import type { ServiceImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import { type Model as ModelMessage, ScoringService } from "@marketmesh/contracts/scoring/v1";
import { announce } from "@marketmesh/events";
import { type Kinds, readKinds } from "@marketmesh/listing-projection";
import { callerOf, idsOf, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import { checkModel } from "../domain/check-model.ts";
import { type StoredModel, sameFeatures } from "../domain/model.ts";
import { modelUpdated } from "../events/outbox.ts";
import { findModel, lockModel, saveModel } from "../storage/model-store.ts";
import { etagOf, fromModelMessage, toModelMessage } from "./model-message.ts";
import { kindImmutable, mistakesProblem, modelNotFound, perspectiveImmutable } from "./problem.ts";
import { refuseParty, type Shell } from "./shell.ts";

export function updateModel(shell: Shell, catalog: Kinds): ServiceImpl<typeof ScoringService>["updateModel"] {
  return async (request, context) => {
    const given = request.model!;
    const { market, model: id } = idsOf(namePatterns.model, given.name, "model.name");
    refuseParty(context, given.name);
    const missing = () => modelNotFound(given.name, 0n, callerOf(context));
    const before = await read(shell, context, market, (tx) => findModel(tx, market, id));
    if (before === undefined) throw missing();
    refuseOtherIdentity(before, given);
    const content = fromModelMessage(given);
    // The catalog is asked outside the transaction: no lock waits for another service.
    const kinds = await readKinds(catalog, { market, field: "model" }, given, context.signal);
    const problems = checkModel(content, { supply: kinds.supply.types, demand: kinds.demand.types });
    if (problems.length > 0) throw mistakesProblem(problems);
    const method = ScoringService.method.updateModel;
    return mutate(shell, context, { method, market, request }, async (tx) => {
      const current = await lockModel(tx, market, id);
      if (current === undefined) throw missing();
      if (given.etag !== "" && given.etag !== etagOf(current.version)) throw staleEtag(given.name);
      if (sameFeatures(current.features, content.features)) return { model: toModelMessage(current) };
      const next: StoredModel = {
        ...current,
        features: content.features,
        version: current.version + 1n,
        demandKindVersion: kinds.demand.version,
        supplyKindVersion: kinds.supply.version,
        updateTime: shell.now(),
      };
      if (!(await saveModel(tx, next))) throw staleEtag(given.name);
      await announce(tx, [modelUpdated(next)]);
      return { model: toModelMessage(next) };
    });
  };
}

function refuseOtherIdentity(before: StoredModel, given: ModelMessage): void {
  const { demandKind, supplyKind } = toModelMessage(before);
  if (given.demandKind !== demandKind) throw kindImmutable("model.demand_kind", `${demandKind}`);
  if (given.supplyKind !== supplyKind) throw kindImmutable("model.supply_kind", `${supplyKind}`);
  if (fromModelMessage(given).perspective !== before.perspective)
    throw perspectiveImmutable(before.perspective);
}

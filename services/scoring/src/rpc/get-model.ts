import type { ServiceImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { ScoringService } from "@marketmesh/contracts/scoring/v1";
import { callerOf, idsOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { findModel } from "../storage/model-store.ts";
import { toModelMessage } from "./model-message.ts";
import { modelNotFound } from "./problem.ts";
import type { Shell } from "./shell.ts";

export function getModel(shell: Shell): ServiceImpl<typeof ScoringService>["getModel"] {
  return async ({ name, version }, context) => {
    const { market, model: id } = idsOf(namePatterns.model, name);
    const model = await read(shell, context, market, (tx) => findModel(tx, market, id, version));
    if (model === undefined) throw modelNotFound(name, version, callerOf(context));
    return { model: toModelMessage(model) };
  };
}

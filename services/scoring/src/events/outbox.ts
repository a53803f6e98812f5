import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { ModelCreatedSchema, ModelUpdatedSchema } from "@marketmesh/contracts/scoring/v1";
import type { Announcement } from "@marketmesh/events";
import type { StoredModel } from "../domain/model.ts";
import { toModelMessage } from "../rpc/model-message.ts";

/** What is announced of a model that was created. */
export function modelCreated(model: StoredModel): Announcement {
  return announcement(model, ModelCreatedSchema, { model: toModelMessage(model) });
}

/** What is announced of a model that got a new version. */
export function modelUpdated(model: StoredModel): Announcement {
  return announcement(model, ModelUpdatedSchema, { model: toModelMessage(model) });
}

function announcement<D extends DescMessage>(
  { market, id, version }: StoredModel,
  schema: D,
  init: MessageInitShape<D>,
): Announcement {
  return { market, feed: "model", aggregateId: id, version, fact: anyPack(schema, create(schema, init)) };
}

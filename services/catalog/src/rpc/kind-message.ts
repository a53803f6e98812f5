import { create, type JsonObject as ProtoJson } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Kind as KindMessage, KindSchema, Side } from "@marketmesh/contracts/catalog/v1";
import type { JsonObject } from "../domain/json.ts";
import type { Kind, KindContent } from "../domain/kind.ts";
import { etagOf } from "../domain/listing.ts";

export function toKindMessage(kind: Kind): KindMessage {
  return create(KindSchema, {
    name: `markets/${kind.market}/kinds/${kind.id}`,
    side: Side[kind.side],
    schema: kind.schema as ProtoJson,
    derivedAttributes: kind.derivedAttributes.map(({ attribute, expression }) => ({ attribute, expression })),
    groups: kind.groups.map(({ group, attribute }) => ({ group, attribute })),
    version: kind.version,
    etag: etagOf(kind.version),
    createTime: timestampFromDate(kind.createTime),
    updateTime: timestampFromDate(kind.updateTime),
  });
}

export function kindContentOf(message: KindMessage): KindContent {
  return {
    side: message.side === Side.DEMAND ? "DEMAND" : "SUPPLY",
    schema: (message.schema ?? {}) as JsonObject,
    derivedAttributes: message.derivedAttributes.map(({ attribute, expression }) => ({
      attribute,
      expression,
    })),
    groups: message.groups.map(({ group, attribute }) => ({ group, attribute })),
  };
}

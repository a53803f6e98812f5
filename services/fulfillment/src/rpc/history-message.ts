import type { MessageInitShape, JsonObject as ProtoJson } from "@bufbuild/protobuf";
import type { HistoryEntrySchema } from "@marketmesh/contracts/fulfillment/v1";
import { encodePageToken, invalidField, pageOf } from "@marketmesh/rpc";
import type { Effect, HistoryEntry, JsonObject } from "@marketmesh/workflow-engine";
import type { KeptEntry } from "../storage/history-store.ts";
import { timestampOf } from "./market-time.ts";

const rule = { sizeDefault: 100, sizeMax: 1_000 };

/** Where a page of history begins. */
export function decodeStep(
  request: { readonly pageSize: number; readonly pageToken: string },
  market: string,
  run: string,
): { readonly size: number; readonly afterStep: number } {
  const { size, after } = pageOf(request, { ...rule, filter: ["history", market, run] });
  const afterStep = after ? Number(after[0]) : 0;
  if (!Number.isSafeInteger(afterStep)) throw invalidField("page_token", "not a token of this list");
  return { size, afterStep };
}

export function tokenAfter(entries: readonly KeptEntry[], market: string, run: string): string {
  const last = entries.at(-1);
  return last ? encodePageToken([String(last.entry.step)], ["history", market, run]) : "";
}

export function toHistoryMessage({ entry, timeMs }: KeptEntry): MessageInitShape<typeof HistoryEntrySchema> {
  const { kind, ...data } = eventOf(entry);
  return {
    step: BigInt(entry.step),
    stepTime: timestampOf(timeMs),
    event: typeof kind === "string" ? kind : "",
    data: data as ProtoJson,
    moves: entry.moves.map(({ task, move }) => `${move} ${task}`),
    effects: entry.effects.map(effectText),
  };
}

function eventOf({ event }: HistoryEntry): JsonObject {
  return typeof event === "object" && event !== null && !Array.isArray(event)
    ? (event as JsonObject)
    : { event };
}

function effectText(effect: Effect): string {
  return effect.kind === "call" ? `call ${effect.method}` : `emit ${effect.event.type}`;
}

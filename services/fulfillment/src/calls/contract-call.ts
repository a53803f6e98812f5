import { type DescService, fromJson, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { registry } from "@marketmesh/contracts/registry";
import { problem } from "@marketmesh/rpc";
import type { Json, JsonObject } from "@marketmesh/workflow-engine";
import { requestIdOf } from "../domain/run-id.ts";
import type { CallKey } from "../storage/call-store.ts";
import { type ContractMethod, contractMethod } from "./contract-methods.ts";
import { answerJson } from "./json.ts";

/** A client of a service by its descriptor: methods by their TypeScript names. */
export type ClientOf = (service: DescService) => Readonly<Record<string, UnaryMethod>>;
type UnaryMethod = (request: unknown, options: { readonly signal: AbortSignal }) => Promise<unknown>;

/**
 * Carries out a call of a run: its request with the market and the request id filled in, once more when it is repeated. Throws
 * ConnectError; whatever the definition says, no resource of another market is named.
 */
export async function callContract(
  clientOf: ClientOf,
  key: CallKey,
  call: { readonly method: string; readonly request: JsonObject },
  signal: AbortSignal,
): Promise<Json> {
  const method = contractMethod(call.method);
  if (!method) throw problem(Code.Unimplemented, "METHOD_NOT_CALLABLE", `${call.method} can't be called`);
  const request = requestOf(method, key, call.request);
  const client = clientOf(method.descriptor.parent);
  const answer = await client[method.descriptor.localName]!(request, { signal });
  const { output } = method.descriptor;
  return toJson(output, answer as MessageShape<typeof output>, answerJson) as Json;
}

function requestOf(method: ContractMethod, key: CallKey, given: JsonObject) {
  const filled = withRequestId(method, key, withMarket(method, key.market, given));
  refuseOtherMarkets(key.market, filled);
  try {
    return fromJson(method.descriptor.input, filled as JsonValue, { registry });
  } catch {
    throw invalid(`the request is no ${method.descriptor.input.typeName}`);
  }
}

/** A collection's parent goes without saying; a resource has to be named. */
function withMarket({ marketField }: ContractMethod, market: string, given: JsonObject): JsonObject {
  const [field] = marketField;
  const filled =
    marketField.length === 1 && field === "parent" ? { parent: `markets/${market}`, ...given } : given;
  const named = marketField.reduce<unknown>(
    (value, part) => (value as JsonObject | undefined)?.[part],
    filled,
  );
  if (typeof named !== "string" || named === "") throw invalid(`${marketField.join(".")} names no resource`);
  return filled;
}

function withRequestId({ descriptor }: ContractMethod, { market, run, effect }: CallKey, given: JsonObject) {
  const takesOne = descriptor.input.fields.some(({ name }) => name === "request_id");
  if (!takesOne) return given;
  const { request_id: _, ...rest } = given;
  return { ...rest, requestId: requestIdOf(market, run, effect) };
}

function refuseOtherMarkets(market: string, value: Json): void {
  if (typeof value === "string") {
    if (
      value.startsWith("markets/") &&
      value !== `markets/${market}` &&
      !value.startsWith(`markets/${market}/`)
    ) {
      throw problem(Code.PermissionDenied, "MARKET_NOT_REACHED", "a workflow reaches its own market alone");
    }
  } else if (value !== null && typeof value === "object") {
    for (const part of Object.values(value)) refuseOtherMarkets(market, part as Json);
  }
}

function invalid(message: string): ConnectError {
  return problem(Code.InvalidArgument, "VALIDATION_FAILED", message);
}

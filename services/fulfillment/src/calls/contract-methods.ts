import type { DescMethod, DescMethodUnary } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { policyOf } from "@marketmesh/contracts";
import { registry } from "@marketmesh/contracts/registry";
import type { CallableMethod } from "@marketmesh/workflow-engine";
import { checkRequest } from "./check-request.ts";

/** A method of our contracts that a workflow may call. */
export interface ContractMethod extends CallableMethod {
  readonly descriptor: DescMethodUnary;
  /** What the author of a workflow that calls it has to hold. */
  readonly permission: string;
  /** The field whose resource name tells the market: its path in TypeScript names. */
  readonly marketField: readonly string[];
}

// What serves the mesh itself, or tests of it, is no business of a market's workflows. Identity answers with names of people and with
// new keys: a run's history keeps every answer, and nothing erases it.
const closed = new Set([
  "marketmesh.events.v1.FeedService",
  "marketmesh.identity.v1.IdentityService",
  "marketmesh.testing.v1.EchoService",
]);
const known = new Map<string, ContractMethod | undefined>();

/**
 * The method of that name, `package.Service/Method`; undefined when a workflow may not call it: it has to be unary, to name its
 * market, to need a permission, and either to change nothing or to take a `request_id`, so that a repeat is harmless.
 */
export function contractMethod(name: string): ContractMethod | undefined {
  if (!known.has(name)) known.set(name, find(name));
  return known.get(name);
}

function find(name: string): ContractMethod | undefined {
  const [service = "", method = "", ...rest] = name.split("/");
  if (rest.length > 0 || !service.startsWith("marketmesh.") || closed.has(service)) return undefined;
  const descriptor = registry.getService(service)?.methods.find((one) => one.name === method);
  if (!descriptor || !isUnary(descriptor)) return undefined;
  const policy = policyOf(descriptor);
  if (!policy?.marketField || policy.access !== "PERMISSION" || !isRepeatable(descriptor)) return undefined;
  return {
    method: name,
    descriptor,
    permission: policy.permission,
    marketField: policy.marketField.split("."),
    check: (request) => checkRequest(descriptor.input, request),
  };
}

function isUnary(descriptor: DescMethod): descriptor is DescMethodUnary {
  return descriptor.methodKind === "unary";
}

function isRepeatable({ idempotency, input }: DescMethodUnary): boolean {
  return (
    idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS ||
    input.fields.some(({ name }) => name === "request_id")
  );
}

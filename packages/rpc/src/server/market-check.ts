import type { Message } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { marketOf } from "@marketmesh/contracts";
import type { Caller } from "../caller.ts";
import { problem } from "../problem.ts";
import type { MethodPlan } from "./method-plan.ts";

/** Refuses a request that names a market which the caller does not reach; undefined when all is well. */
export function marketProblem(plan: MethodPlan, caller: Caller, message: Message): ConnectError | undefined {
  if (!plan.marketPath) return undefined;
  const name = textAt(message, plan.marketPath);
  const market = marketOf(name);
  // Some resources exist on the platform as well (`serviceAccounts/operator`, an empty parent): the handler judges the name.
  if (market === undefined && caller.reach === "PLATFORM" && !name.startsWith("markets/")) return undefined;
  if (market === undefined) {
    const text = `${plan.marketField} must begin with markets/{market}`;
    return problem(Code.InvalidArgument, "NAME_INVALID", text, {
      domain: plan.domain,
      field: plan.marketField,
      metadata: { field: plan.marketField, expected: "markets/{market}" },
    });
  }
  if (caller.reach === "PLATFORM" || caller.market === market) return undefined;
  return problem(Code.PermissionDenied, "MARKET_MISMATCH", "the token does not reach this market", {
    domain: plan.domain,
    metadata: { market },
  });
}

function textAt(message: Message, path: readonly string[]): string {
  let value: unknown = message;
  for (const part of path) value = (value as Record<string, unknown> | undefined)?.[part];
  return typeof value === "string" ? value : "";
}

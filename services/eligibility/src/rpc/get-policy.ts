import type { ServiceImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { callerOf, idsOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { findPolicy } from "../storage/policy-store.ts";
import { toPolicyMessage } from "./policy-message.ts";
import { policyNotFound } from "./problem.ts";
import type { Shell } from "./shell.ts";

export function getPolicy(shell: Shell): ServiceImpl<typeof EligibilityService>["getPolicy"] {
  return async ({ name, version }, context) => {
    const { market, policy: id } = idsOf(namePatterns.policy, name);
    const policy = await read(shell, context, market, (tx) => findPolicy(tx, market, id, version));
    if (policy === undefined) throw policyNotFound(name, version, callerOf(context));
    return { policy: toPolicyMessage(policy) };
  };
}

import type { ServiceImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { idsOf } from "@marketmesh/rpc";
import { toPolicyMessage } from "./policy-message.ts";
import { readPolicy } from "./read-policy.ts";
import type { Shell } from "./shell.ts";

export function getPolicy(shell: Shell): ServiceImpl<typeof EligibilityService>["getPolicy"] {
  return async ({ name, version }, context) => {
    const policy = await readPolicy(shell, context, idsOf(namePatterns.policy, name), version);
    return { policy: toPolicyMessage(policy) };
  };
}

import type { ServiceImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { type Kinds, readKinds } from "@marketmesh/listing-projection";
import { idsOf } from "@marketmesh/rpc";
import { compilePolicy } from "../domain/compiled-policy.ts";
import { fromRuleMessages, toMistakeMessage } from "./policy-message.ts";

export function validatePolicy(catalog: Kinds): ServiceImpl<typeof EligibilityService>["validatePolicy"] {
  return async ({ parent, policy }, context) => {
    const { market } = idsOf(namePatterns.market, parent, "parent");
    const { supply, demand } = await readKinds(catalog, { market, field: "policy" }, policy!, context.signal);
    const checked = compilePolicy(fromRuleMessages(policy!), { supply: supply.types, demand: demand.types });
    return { mistakes: checked.ok ? [] : checked.mistakes.map(toMistakeMessage) };
  };
}

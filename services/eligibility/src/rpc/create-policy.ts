import type { ServiceImpl } from "@connectrpc/connect";
import { formatName, namePatterns } from "@marketmesh/contracts";
import { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { announce } from "@marketmesh/events";
import { type Kinds, kindId, readKinds } from "@marketmesh/listing-projection";
import { idsOf } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import { compilePolicy } from "../domain/compiled-policy.ts";
import type { Policy } from "../domain/policy.ts";
import { policyCreated } from "../events/outbox.ts";
import { insertPolicy } from "../storage/policy-store.ts";
import { fromRuleMessages, toPolicyMessage } from "./policy-message.ts";
import { mistakesProblem, policyExists } from "./problem.ts";
import { refuseParty, type Shell } from "./shell.ts";

export function createPolicy(
  shell: Shell,
  catalog: Kinds,
): ServiceImpl<typeof EligibilityService>["createPolicy"] {
  return async (request, context) => {
    const { market } = idsOf(namePatterns.market, request.parent, "parent");
    const name = formatName(namePatterns.policy, { market, policy: request.policyId });
    refuseParty(context, name);
    const given = request.policy!;
    const rules = fromRuleMessages(given);
    const kinds = await readKinds(catalog, { market, field: "policy" }, given, context.signal);
    const checked = compilePolicy(rules, { supply: kinds.supply.types, demand: kinds.demand.types });
    if (!checked.ok) throw mistakesProblem(checked.mistakes);
    const now = shell.now();
    const policy: Policy = {
      market,
      id: request.policyId,
      demandKind: kindId(given.demandKind),
      supplyKind: kindId(given.supplyKind),
      rules,
      version: 1n,
      demandKindVersion: kinds.demand.version,
      supplyKindVersion: kinds.supply.version,
      createTime: now,
      updateTime: now,
    };
    const method = EligibilityService.method.createPolicy;
    return mutate(shell, context, { method, market, request }, async (tx) => {
      if (!(await insertPolicy(tx, policy))) throw policyExists(name);
      await announce(tx, [policyCreated(policy)]);
      return { policy: toPolicyMessage(policy) };
    });
  };
}

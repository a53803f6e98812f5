import type { ServiceImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import { EligibilityService, type Policy as PolicyMessage } from "@marketmesh/contracts/eligibility/v1";
import { announce } from "@marketmesh/events";
import { type Kinds, readKinds } from "@marketmesh/listing-projection";
import { callerOf, idsOf, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import { compilePolicy } from "../domain/compiled-policy.ts";
import { type Policy, sameRules } from "../domain/policy.ts";
import { policyUpdated } from "../events/outbox.ts";
import { findPolicy, lockPolicy, savePolicy } from "../storage/policy-store.ts";
import { etagOf, fromRuleMessages, toPolicyMessage } from "./policy-message.ts";
import { kindImmutable, mistakesProblem, policyNotFound } from "./problem.ts";
import { refuseParty, type Shell } from "./shell.ts";

export function updatePolicy(
  shell: Shell,
  catalog: Kinds,
): ServiceImpl<typeof EligibilityService>["updatePolicy"] {
  return async (request, context) => {
    const given = request.policy!;
    const { market, policy: id } = idsOf(namePatterns.policy, given.name, "policy.name");
    refuseParty(context, given.name);
    const missing = () => policyNotFound(given.name, 0n, callerOf(context));
    const before = await read(shell, context, market, (tx) => findPolicy(tx, market, id));
    if (before === undefined) throw missing();
    refuseOtherKinds(before, given);
    const rules = fromRuleMessages(given);
    // The catalog is asked outside the transaction: no lock waits for another service.
    const kinds = await readKinds(catalog, { market, field: "policy" }, given, context.signal);
    const checked = compilePolicy(rules, { supply: kinds.supply.types, demand: kinds.demand.types });
    if (!checked.ok) throw mistakesProblem(checked.mistakes);
    const method = EligibilityService.method.updatePolicy;
    return mutate(shell, context, { method, market, request }, async (tx) => {
      const current = await lockPolicy(tx, market, id);
      if (current === undefined) throw missing();
      if (given.etag !== "" && given.etag !== etagOf(current.version)) throw staleEtag(given.name);
      if (sameRules(current.rules, rules)) return { policy: toPolicyMessage(current) };
      const next: Policy = {
        ...current,
        rules,
        version: current.version + 1n,
        demandKindVersion: kinds.demand.version,
        supplyKindVersion: kinds.supply.version,
        updateTime: shell.now(),
      };
      if (!(await savePolicy(tx, next))) throw staleEtag(given.name);
      await announce(tx, [policyUpdated(next)]);
      return { policy: toPolicyMessage(next) };
    });
  };
}

function refuseOtherKinds(before: Policy, given: PolicyMessage): void {
  const { demandKind, supplyKind } = toPolicyMessage(before);
  if (given.demandKind !== demandKind) throw kindImmutable("policy.demand_kind", `${demandKind}`);
  if (given.supplyKind !== supplyKind) throw kindImmutable("policy.supply_kind", `${supplyKind}`);
}

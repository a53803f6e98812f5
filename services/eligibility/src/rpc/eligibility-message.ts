import { fromJson, type MessageInitShape } from "@bufbuild/protobuf";
import { type Value as ValueMessage, ValueSchema } from "@bufbuild/protobuf/wkt";
import {
  Eligibility_Verdict,
  type EligibilitySchema,
  type FailedRuleSchema,
  type FunnelSchema,
} from "@marketmesh/contracts/eligibility/v1";
import type { Funnel } from "@marketmesh/listing-index";
import { type ProjectedKind, plainValue } from "@marketmesh/listing-projection";
import type { FailedRule, PolicyVerdict } from "@marketmesh/rules";
import type { Policy } from "../domain/policy.ts";

interface Sides {
  readonly supply: Pick<ProjectedKind, "types">;
  readonly demand: Pick<ProjectedKind, "types">;
  readonly policy: Policy;
}

export function toEligibilityMessage(
  { eligible, failed }: PolicyVerdict,
  sides: Sides,
): MessageInitShape<typeof EligibilitySchema> {
  const verdict = eligible ? Eligibility_Verdict.ELIGIBLE : Eligibility_Verdict.INELIGIBLE;
  return { verdict, failedRules: failed.map((rule) => toFailedRuleMessage(rule, sides)) };
}

function toFailedRuleMessage(rule: FailedRule, sides: Sides): MessageInitShape<typeof FailedRuleSchema> {
  const values: Record<string, ValueMessage> = {};
  for (const { path, value } of rule.values) {
    const [side, attribute] = path.split(".") as ["supply" | "demand", string];
    if (value === undefined) continue;
    values[path] = fromJson(ValueSchema, plainValue(value, sides[side].types.get(attribute)?.type));
  }
  const { expression = "" } = sides.policy.rules.find(({ reason }) => reason === rule.id) ?? {};
  return { reason: rule.id, expression, missingAttributes: [...rule.missing], values };
}

export function toFunnelMessage(funnel: Funnel, policy: Policy): MessageInitShape<typeof FunnelSchema> {
  return {
    considered: funnel.considered,
    steps: policy.rules.map(({ reason }, at) => ({ reason, remaining: funnel.remaining[at] ?? 0 })),
    eligible: funnel.set.size,
  };
}

import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { formatName, namePatterns } from "@marketmesh/contracts";
import type {
  ExpressionMistakeSchema,
  Policy as PolicyMessage,
  PolicySchema,
} from "@marketmesh/contracts/eligibility/v1";
import type { PolicyMistake } from "../domain/compiled-policy.ts";
import type { Policy, Rule } from "../domain/policy.ts";

export function toPolicyMessage(policy: Policy): MessageInitShape<typeof PolicySchema> {
  const { market, id } = policy;
  return {
    name: formatName(namePatterns.policy, { market, policy: id }),
    demandKind: formatName(namePatterns.kind, { market, kind: policy.demandKind }),
    supplyKind: formatName(namePatterns.kind, { market, kind: policy.supplyKind }),
    rules: policy.rules.map((rule) => ({ ...rule })),
    version: policy.version,
    etag: etagOf(policy.version),
    createTime: timestampFromDate(policy.createTime),
    updateTime: timestampFromDate(policy.updateTime),
  };
}

export function fromRuleMessages({ rules }: PolicyMessage): Rule[] {
  return rules.map(({ reason, expression, description }) => ({ reason, expression, description }));
}

export function toMistakeMessage(mistake: PolicyMistake): MessageInitShape<typeof ExpressionMistakeSchema> {
  const { path, line, column, reason, message } = mistake;
  return { field: `policy.${path}`, line, column, reason, description: message };
}

/** The etag of a policy is its version, quoted as HTTP does. */
export function etagOf(version: bigint): string {
  return `"${version}"`;
}

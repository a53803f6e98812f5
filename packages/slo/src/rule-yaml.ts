import { stringify } from "yaml";
import type { RuleFile } from "./rule.ts";

const head = "# Made from the contracts by `npm run generate`; do not edit.\n";

/** A rule file as Prometheus reads it. The same rules give the same bytes. */
export function ruleYaml({ groups }: RuleFile): string {
  return head + stringify({ groups }, { lineWidth: 0, aliasDuplicateObjects: false });
}

export { dashboardFiles, dashboardJson } from "./dashboards/dashboard-files.ts";
export {
  type AlertRule,
  isAlert,
  type RecordingRule,
  type Rule,
  type RuleFile,
  type RuleGroup,
  runbookOf,
  type Severity,
} from "./rule.ts";
export { ruleFiles, type ServiceObjectives } from "./rule-files.ts";
export { ruleYaml } from "./rule-yaml.ts";
export { faultCodes } from "./slo/indicators.ts";
export { contractObjectives, type MethodObjective, objectivesOf } from "./slo/objectives.ts";
export { type Slo, slosOf } from "./slo/slo.ts";

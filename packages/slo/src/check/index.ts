export {
  type DashboardQuery,
  dashboardProblems,
  panelsOf,
  queriesOf,
} from "./dashboard-problems.ts";
export { externalMetrics } from "./external-metrics.ts";
export { type KnownMetrics, knownMetrics } from "./known-metrics.ts";
export { metricsOf, queryProblems, withoutVariables } from "./query.ts";
export { alertsOf, ruleProblems } from "./rule-problems.ts";

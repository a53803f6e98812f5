export { StackProblem } from "./problem.ts";
export { tracesDirOf } from "./state-folder.ts";
export {
  defaultStateDir,
  type LogOptions,
  logs,
  type MeshStatus,
  type ProcessStatus,
  status,
  stop,
} from "./supervisor/control.ts";
export type { MainJobOptions, RunMainJob } from "./supervisor/main-job.ts";
export { type MeshState, readState } from "./supervisor/mesh-state.ts";
export type { BootstrapPrincipal, ServiceEnv } from "./supervisor/service-env.ts";
export { SERVICES, type ServiceEntry } from "./supervisor/service-table.ts";

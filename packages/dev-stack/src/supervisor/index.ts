export { prepareDatabases } from "./databases.ts";
export { Mesh, type MeshOptions, type MeshProcess } from "./mesh.ts";
export type { Replicas } from "./replicas.ts";
export { RESTART_POLICY, type RestartPolicy } from "./restart-policy.ts";
export {
  type OperatorKey,
  openOperatorKey,
  openSecrets,
  type Secrets,
  writeBootstrapFile,
} from "./secrets.ts";
export { type ServiceEnv, serviceEnv } from "./service-env.ts";
export { ProcessLog } from "./service-log.ts";
export { ServiceProcess } from "./service-process.ts";
export { connectionsNeeded, SERVICES, type ServiceEntry } from "./service-table.ts";

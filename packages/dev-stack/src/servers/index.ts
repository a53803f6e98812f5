export { checkoutDir, openServerDir, openStateDir, stateDirOf } from "../state-folder.ts";
export { chromiumBinary } from "./chromium-binary.ts";
export { freePort, isPortFree } from "./free-port.ts";
export { type GuardedProcess, killGroup, type ProcessEnd, startGuarded } from "./guarded-process.ts";
export { helmBinary } from "./helm-binary.ts";
export { type NatsOptions, startNats } from "./nats.ts";
export { natsBinary } from "./nats-binary.ts";
export { type PostgresOptions, portTaken, type RunningServer, startPostgres } from "./postgres.ts";
export { type PrometheusBinaries, prometheusBinaries } from "./prometheus-binary.ts";
export { canReach, postgresUser, type ServerUser } from "./server-user.ts";
export {
  createServiceDatabase,
  createServiceRoles,
  type DatabaseUrls,
  databaseUrls,
  roleNames,
  type ServiceRoles,
} from "./service-database.ts";

export { brokerSettings } from "./broker-settings.ts";
export {
  ConfigError,
  type ConfigSpec,
  choice,
  flag,
  integer,
  list,
  number,
  optionalText,
  readConfig,
  type Setting,
  text,
  url,
} from "./config.ts";
export { type ConfigRow, configRows } from "./config-table.ts";
export { migrateServiceDatabase } from "./database.ts";
export { databaseUrl, passwordFileSettings, withPasswordFiles } from "./database-config.ts";
export type { Bind, Env, Host, HttpHandler, RunningService } from "./host.ts";
export { databaseSettings, eventSettings, hostSettings, tracingSettings } from "./host-settings.ts";
export type { RecentReads } from "./recent-reads.ts";
export { type OwnerAccess, type Program, run } from "./run.ts";
export { start } from "./start.ts";
export { tlsSettings } from "./tls-settings.ts";
export { uuidv7 } from "./uuid.ts";

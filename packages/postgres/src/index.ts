export { bucketOf } from "./bucket.ts";
export { type ColumnSpec, columns } from "./columns.ts";
export type { Database, Drizzle, TransactionOptions, Tx } from "./database.ts";
export {
  type DatabaseHost,
  type DatabaseTls,
  type DatabaseUrl,
  DatabaseUrlError,
  parseDatabaseUrl,
  parseReadUrl,
  withPasswordFile,
} from "./database-url.ts";
export {
  type DedicatedSession,
  type DedicatedSessionOptions,
  openDedicatedSession,
} from "./dedicated-session.ts";
export { type DriverTls, type PgConnectionOptions, pgConnectionOptions } from "./driver-options.ts";
export {
  ConflictError,
  constraintOf,
  DeadlineError,
  OverloadError,
  RequestIdReusedError,
  sqlStateOf,
  UnavailableError,
} from "./errors.ts";
export {
  type AppliedMigration,
  awaitedMigration,
  type MigrateOptions,
  type MigrationDirectory,
  MigrationError,
  migrate,
  type RecordedMigration,
  rolesOf,
  unknownMigration,
} from "./migrate.ts";
export type { DatabaseOptions, ObservedQuery } from "./open.ts";
export { openDatabase } from "./open.ts";
export { openClient } from "./plain-client.ts";
export { onceByRequestId, purgeRememberedRequests, type RememberedCall } from "./request-memory.ts";
export { type GroupedAnswer, onceEachByRequestId } from "./request-memory-group.ts";
export { assertRowSecurity, type GuardedTable } from "./row-security.ts";
export type { Reach, Scope, ScopedCaller } from "./scope.ts";
export { actAsMarket, scopeOf } from "./scope.ts";

import type { MigrationDirectory } from "@marketmesh/postgres";

/** The tables of outbox, inbox and dead letters; every service that announces or works applies them before its own. */
export const eventMigrations: MigrationDirectory = {
  namespace: "events",
  directory: new URL("../migrations/", import.meta.url),
};

import type { Database } from "@marketmesh/postgres";

/** What all of identity shares: the database, and time and ids from outside. */
export interface Shell {
  readonly database: Database;
  readonly now: () => Date;
  readonly uuid: () => string;
}

/** A folder of `0001_create_x.sql` files and the name under which they are recorded. */
export interface MigrationDirectory {
  /** `postgres`, `events` or the service's name. */
  readonly namespace: string;
  readonly directory: URL;
}

/** Whom the migrations grant to; taken from the user names of the app and background URLs. */
export interface MigrateOptions {
  readonly appRole: string;
  readonly backgroundRole: string;
}

/** A file that this run applied. */
export interface AppliedMigration {
  readonly namespace: string;
  readonly file: string;
}

/**
 * Brings the database at `url` (the owner's) up to date: this package's own migrations first, then each directory in
 * the order given, each file in its own transaction. One process at a time; others wait.
 *
 * Throws MigrationError when a recorded file has changed or is missing, or when a file fails.
 */
export declare function migrate(
  url: string,
  directories: readonly MigrationDirectory[],
  options: MigrateOptions,
): Promise<readonly AppliedMigration[]>;

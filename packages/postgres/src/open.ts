import type { Database } from "./database.ts";

/** Where a service's database is and how much of it one process may use. */
export interface DatabaseOptions {
  /** DATABASE_URL: the app role. */
  readonly url: string;
  /** DATABASE_BACKGROUND_URL: the background role. */
  readonly backgroundUrl: string;
  /** Connections of the app pool; default 8. */
  readonly appMax?: number;
  /** Connections of the background pool; default 4. */
  readonly backgroundMax?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** Told of each finished statement, for metrics. */
  readonly onQuery?: (query: ObservedQuery) => void;
}

/** One finished statement. The text has placeholders, never values. */
export interface ObservedQuery {
  readonly text: string;
  readonly durationMs: number;
  readonly failed: boolean;
}

/** Opens both pools and proves that both roles can log in; throws UnavailableError when they can't. */
export declare function openDatabase(options: DatabaseOptions): Promise<Database>;

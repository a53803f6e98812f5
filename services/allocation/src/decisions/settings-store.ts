import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { dateOf, type Timestamp } from "../storage/time.ts";

/** Of a market that said nothing. */
export const keptDaysDefault = 400;

export interface LogSettings {
  readonly keptDays: number;
  /** 0: never changed. */
  readonly version: number;
  readonly updateTime: Date | undefined;
}

interface SettingsRow extends Record<string, unknown> {
  readonly kept_days: number;
  readonly version: string;
  readonly update_time: Timestamp;
}

export async function readSettings(tx: Tx, market: string): Promise<LogSettings> {
  const [row] = await tx.execute<SettingsRow>(sql`
    select kept_days, version, update_time from decision_log_settings
    where market = ${market} and bucket = ${bucketOf(market)}`);
  return settingsOf(row);
}

/** Writes them over the version that was read; undefined when another was faster. */
export async function saveSettings(
  tx: Tx,
  market: string,
  keptDays: number,
  version: number,
): Promise<LogSettings | undefined> {
  const [row] = await tx.execute<SettingsRow>(sql`
    insert into decision_log_settings as s (market, bucket, kept_days, version, update_time)
    values (${market}, ${bucketOf(market)}, ${keptDays}, ${version + 1}, now())
    on conflict (market, bucket) do update set kept_days = excluded.kept_days, version = excluded.version,
      update_time = excluded.update_time where s.version = ${version}
    returning kept_days, version, update_time`);
  return row && settingsOf(row);
}

function settingsOf(row: SettingsRow | undefined): LogSettings {
  if (!row) return { keptDays: keptDaysDefault, version: 0, updateTime: undefined };
  return { keptDays: row.kept_days, version: Number(row.version), updateTime: dateOf(row.update_time) };
}

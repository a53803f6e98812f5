import type { Sql } from "postgres";

/** What a caller was told last about a hold. */
export interface Told {
  state: "HELD" | "CONFIRMED" | "RELEASED";
  units: number;
}

/** What callers were told was done, to be looked for in the database afterwards: exactly once each, and nothing else. */
export class Journal {
  readonly holds = new Map<string, Told>();
  /** Corrections by their reason, which is their request id; whether they were taken or refused. */
  readonly changes = new Map<string, "TAKEN" | "REFUSED">();
  readonly counts = {
    holds: 0,
    confirms: 0,
    releases: 0,
    renewals: 0,
    bundles: 0,
    changes: 0,
    refused: 0,
    retries: 0,
  };
  /** Answers that nobody should get. */
  readonly unexpected: string[] = [];

  get operations(): number {
    const { retries: _, refused: __, ...done } = this.counts;
    return Object.values(done).reduce((sum, count) => sum + count, 0);
  }

  /**
   * What is not in the database as it was told, at most 20 of each kind. What was due at `settled`, a time of the database, must
   * have ended; what became due since then may still be held.
   */
  async broken(sql: Sql, settled: string): Promise<string[]> {
    const rows = await sql<{ id: string; state: string; units: string; due: boolean; overdue: boolean }[]>`
      select id, state, units, expire_time <= now() as due,
        expire_time <= ${settled}::text::timestamptz as overdue
      from holds`;
    const found = new Map(rows.map((row) => [row.id, row]));
    const wrong: string[] = [];
    for (const [id, told] of this.holds) {
      const row = found.get(id);
      const states = told.state === "HELD" ? ["HELD", "EXPIRED"] : [told.state];
      if (!row) wrong.push(`lost: hold ${id}, told to be ${told.state}`);
      else if (!states.includes(row.state) || Number(row.units) !== told.units) {
        wrong.push(
          `hold ${id} is ${row.state} with ${row.units}, told to be ${told.state} with ${told.units}`,
        );
      } else if (row.state === "HELD" && row.overdue) wrong.push(`leaked: hold ${id} is over and held`);
      else if (row.state === "EXPIRED" && !row.due) wrong.push(`hold ${id} ended before its time`);
    }
    const unknown = rows.filter(({ id }) => !this.holds.has(id));
    for (const { id, state } of unknown) wrong.push(`doubled: hold ${id}, ${state}, was told to nobody`);
    return [...wrong.slice(0, 20), ...(await this.#brokenChanges(sql))];
  }

  async #brokenChanges(sql: Sql): Promise<string[]> {
    const rows = await sql<{ reason: string; times: number }[]>`
      select reason, count(*)::int as times from capacity_changes where kind is not null and reason <> 'CATALOG'
      group by reason`;
    const times = new Map(rows.map((row) => [row.reason, row.times]));
    const wrong: string[] = [];
    for (const [reason, told] of this.changes) {
      const expected = told === "TAKEN" ? 1 : 0;
      if ((times.get(reason) ?? 0) !== expected) {
        wrong.push(`correction ${reason}, ${told}, is there ${times.get(reason) ?? 0} times`);
      }
    }
    const unknown = rows.filter(({ reason }) => !this.changes.has(reason));
    for (const { reason } of unknown) wrong.push(`correction ${reason} was told to nobody`);
    return wrong.slice(0, 20);
  }

  /** Holds that ended by themselves. */
  async expired(sql: Sql): Promise<number> {
    const [row] = await sql<
      { count: number }[]
    >`select count(*)::int as count from holds where state = 'EXPIRED'`;
    return row!.count;
  }
}

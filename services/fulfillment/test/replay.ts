import type { Database } from "@marketmesh/postgres";
import { type HistoryEntry, parseWorkflow, replayRun } from "@marketmesh/workflow-engine";
import { sql } from "drizzle-orm";
import { expect } from "vitest";

/** Every run of the database: replaying its history gives the state that is stored. Returns how many there were. */
export async function expectReplays(database: Database): Promise<number> {
  const runs = await database.background((tx) =>
    tx.execute<{ market: string; id: string; state: string; source: string; entries: string }>(sql`
      select r.market, r.id, s.state::text as state, v.source,
        (select json_agg(h.entry order by h.step)::text from run_history h
          where h.market = r.market and h.bucket = r.bucket and h.run = r.id) as entries
      from runs r join run_states s on s.market = r.market and s.bucket = r.bucket and s.run = r.id
      join workflow_versions v on v.market = r.market and v.id = r.workflow and v.version = r.workflow_version`),
  );
  for (const { id, state, source, entries } of runs) {
    const parsed = parseWorkflow(source, (method) => ({ method, check: () => [] }));
    if (!parsed.ok) throw new Error(`the workflow of ${id} does not parse`);
    const replayed = replayRun(parsed.workflow, JSON.parse(entries) as HistoryEntry[]);
    expect(JSON.parse(JSON.stringify(replayed)), id).toEqual(JSON.parse(state));
  }
  return runs.length;
}

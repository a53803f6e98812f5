import type { Way } from "@marketmesh/testkit/servers";
import type { Sql } from "postgres";
import type { ServiceProcesses } from "./service-processes.ts";

export interface FaultCounts {
  kills: number;
  /** Times that every connection of every process was cut at once. */
  cuts: number;
  /** Backends that the database ended. */
  terminated: number;
  /** Why no more were done. */
  failure?: string;
}

/** What the faults are done to. */
export interface Target {
  readonly processes: ServiceProcesses;
  readonly way: Way;
  /** The eyes of the server's owner. */
  readonly sql: Sql;
  readonly below: (bound: number) => number;
}

/** How many faults so many operations meet. */
export function faultsOf(operations: number): FaultCounts {
  const of = (each: number, most: number) => Math.min(most, Math.max(2, Math.round(operations / each)));
  return { kills: of(12_500, 40), cuts: of(8_000, 60), terminated: of(5_000, 100) };
}

type Fault = "kills" | "cuts" | "terminated";

/**
 * Does each fault at a point of its own, spread over the operations: a kill at the n-th of them, whatever goes on then. Resolves
 * when all were done, or when `reached` says that there will not be so many operations.
 */
export async function doFaults(
  target: Target,
  wanted: FaultCounts,
  total: number,
  reached: (operations: number) => Promise<boolean>,
): Promise<FaultCounts> {
  const done: FaultCounts = { kills: 0, cuts: 0, terminated: 0 };
  const at = (fault: Fault) =>
    Array.from({ length: wanted[fault] }, (_, n) => ({
      fault,
      operations: ((n + target.below(1_000) / 1_000) / wanted[fault]) * total * 0.95,
    }));
  const plan = [...at("kills"), ...at("cuts"), ...at("terminated")];
  for (const { fault, operations } of plan.sort((a, b) => a.operations - b.operations)) {
    if (!(await reached(operations))) return done;
    try {
      await doFault(target, fault, done);
    } catch (error) {
      return { ...done, failure: String(error).slice(0, 500) };
    }
  }
  return done;
}

async function doFault(
  { processes, way, sql, below }: Target,
  fault: Fault,
  done: FaultCounts,
): Promise<void> {
  if (fault === "kills") {
    await processes.killAndRestart(below(processes.count));
    done.kills++;
  } else if (fault === "cuts") {
    await way.cut();
    await way.mend();
    done.cuts++;
  } else done.terminated += await terminate(sql);
}

/** Ends a few of the service's backends that are in the middle of a transaction, or any. */
async function terminate(sql: Sql): Promise<number> {
  const rows = await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename like 'mm_allocation_%'
    order by (state = 'active') desc, random() limit 2`;
  return rows.length;
}

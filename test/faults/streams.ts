import type { JetStreamManager } from "nats";
import type { Faults } from "./fault-case.ts";

const stream = "MARKETMESH_CATALOG";

/**
 * Stops allocation before the import, empties catalog's stream when the supply is published, and deletes it when the demand is:
 * allocation gets neither from the broker. Its auditor must notice and ask for both; the job's first round waits for that.
 */
export function loseStream({ mesh, job, market, expect }: Faults): void {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  expect(promise);
  job.before("catalog.createImport", 1, async () => void process.kill(mesh.pidOf("allocation"), "SIGSTOP"));
  job.before("catalog.createImport", 2, () => lose(mesh, market, (streams) => streams.purge(stream)));
  job.before("scoring.collectStatistics", 1, async () => {
    await lose(mesh, market, (streams) => streams.delete(stream)).then(resolve, reject);
    process.kill(mesh.pidOf("allocation"), "SIGCONT");
  });
}

async function lose(
  mesh: Faults["mesh"],
  market: string,
  how: (streams: JetStreamManager["streams"]) => Promise<unknown>,
): Promise<void> {
  await published(mesh, market);
  await mesh.nats(async (connection) => how((await connection.jetstreamManager()).streams));
}

async function published(mesh: Faults["mesh"], market: string): Promise<void> {
  for (;;) {
    const [row] = await mesh.sql(
      "catalog",
      (sql) => sql<{ waiting: number; all: number }[]>`
        select count(*) filter (where publish_time is null)::int as waiting, count(*)::int as all
        from marketmesh.outbox where market = ${market} and feed = 'listing'`,
    );
    if (row !== undefined && row.all > 0 && row.waiting === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

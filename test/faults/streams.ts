import type { Faults } from "./fault-case.ts";

const stream = "MARKETMESH_CATALOG";

/**
 * Stops allocation before the import, and takes catalog's stream away when the import is published: allocation never gets it from
 * the broker. Its auditor must notice and ask for it; the job's first round waits for that.
 */
export function loseStream(how: "purge" | "delete") {
  return ({ mesh, job, market, expect }: Faults): void => {
    job.before(
      "catalog.createImport",
      1,
      async () => process.kill(mesh.pidOf("allocation"), "SIGSTOP") && undefined,
    );
    job.before("scoring.collectStatistics", 1, async () => {
      await published(mesh, market);
      await mesh.nats(async (connection) => {
        const manager = await connection.jetstreamManager();
        await (how === "purge" ? manager.streams.purge(stream) : manager.streams.delete(stream));
      });
      process.kill(mesh.pidOf("allocation"), "SIGCONT");
    });
    expect(Promise.resolve());
  };
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

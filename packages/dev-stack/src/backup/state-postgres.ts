import { startPostgres } from "../servers/postgres.ts";
import { postgresUser } from "../servers/server-user.ts";
import { openServerDir } from "../state-folder.ts";
import { choosePorts } from "../supervisor/port-block.ts";
import { MAX_CONNECTIONS } from "../supervisor/service-table.ts";

/** Runs `work` with a Postgres for administration: DATABASE_URL's, or the state folder's own, started for it alone. */
export async function withStatePostgres<T>(
  stateDir: string,
  password: string,
  env: NodeJS.ProcessEnv,
  work: (adminUrl: string) => Promise<T>,
): Promise<T> {
  if (env.DATABASE_URL) return work(env.DATABASE_URL);
  const { postgres } = await choosePorts(stateDir, [], env);
  const serverDir = openServerDir(stateDir, postgresUser());
  const server = await startPostgres({
    serverDir,
    port: postgres,
    password,
    maxConnections: MAX_CONNECTIONS,
  });
  try {
    return await work(server.url);
  } finally {
    await server.stop();
  }
}

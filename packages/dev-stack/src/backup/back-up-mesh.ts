import { resolve } from "node:path";
import { backUp, type Manifest } from "@marketmesh/backup";
import postgres from "postgres";
import { StackProblem } from "../problem.ts";
import { isAlive } from "../process-identity.ts";
import { databaseUrls } from "../servers/service-database.ts";
import { defaultStateDir } from "../supervisor/control.ts";
import { databaseName } from "../supervisor/databases.ts";
import { claim, readState } from "../supervisor/mesh-state.ts";
import { readSecrets, type Secrets, secretsPath } from "../supervisor/secrets.ts";
import { SERVICES, type ServiceEntry } from "../supervisor/service-table.ts";
import { named } from "./named.ts";
import { productVersion } from "./product.ts";
import { refuseHalfRestored, runFiles } from "./state-files.ts";
import { withStatePostgres } from "./state-postgres.ts";

/** Of which mesh; the checkout's own unless told otherwise. */
export interface BackUpMeshOptions {
  readonly stateDir?: string;
  readonly services?: readonly ServiceEntry[];
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Backs up the mesh of a state folder into a new folder: while it runs, or while it is down (then its Postgres is started for it).
 *
 * Throws StackProblem MESH_NOT_FOUND, BACKUP_EXISTS, RESTORE_UNFINISHED.
 */
export async function backUpMesh(folder: string, options: BackUpMeshOptions = {}): Promise<Manifest> {
  const { stateDir = defaultStateDir(), services = SERVICES, env = process.env } = options;
  const secrets = readSecrets(secretsPath(stateDir));
  if (secrets === undefined) {
    const advice = "Set MARKETMESH_STATE_DIR to the folder of the mesh, or start one: npm start.";
    throw new StackProblem("MESH_NOT_FOUND", `there is no mesh in ${stateDir}`, advice);
  }
  refuseHalfRestored(stateDir);
  const copy = async (address: string) =>
    backUp({
      folder: resolve(folder),
      product: productVersion(),
      masterKey: secrets.identityMasterKey,
      databases: await sourcesAt(address, services, secrets),
      files: runFiles(stateDir),
      now: () => new Date(),
    });
  const state = readState(stateDir);
  if (state && isAlive(state.supervisor)) return named(copy(`postgres://${state.postgresAddress}`));
  const release = claim(stateDir);
  try {
    return await named(withStatePostgres(stateDir, secrets.postgresPassword, env, copy));
  } finally {
    release();
  }
}

/**
 * Whoever depends stands before what it depends on: the reverse of the service table. A service that came with a newer release
 * and has no database here yet is left out.
 */
async function sourcesAt(address: string, services: readonly ServiceEntry[], secrets: Secrets) {
  const sources = [];
  for (const { name } of services.toReversed()) {
    const own = secrets.services[name];
    if (own === undefined) continue;
    const url = databaseUrls(address, name, databaseName(name), own.passwords).migratorUrl;
    if (await exists(url)) sources.push({ service: name, url });
  }
  return sources;
}

async function exists(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    await sql`select 1`;
    return true;
  } catch (error) {
    // No such database, or no such role.
    if (error instanceof postgres.PostgresError && ["3D000", "28P01", "28000"].includes(error.code))
      return false;
    throw error;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

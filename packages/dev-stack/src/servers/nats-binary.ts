import { join } from "node:path";
import { type DebianPrograms, unpackPrograms } from "./debian-package.ts";
import { findOnPath } from "./system-command.ts";

const nats: DebianPrograms = {
  package: "nats-server",
  paths: ["usr/sbin/nats-server"],
  missing: "NATS_MISSING",
  installByHand:
    "Install nats-server 2.9 or newer (Debian: apt-get install nats-server, macOS: brew install nats-server), " +
    "or set NATS_URL to a server that exists, with JetStream.",
};

/**
 * Path of a nats-server: the one on PATH, else the one in `binDir`, which is taken from Debian's package when it is
 * absent.
 *
 * Throws OFFLINE, DISK_FULL, NATS_MISSING (each says what to do).
 */
export function natsBinary(binDir: string, env: NodeJS.ProcessEnv = process.env): string {
  const onPath = findOnPath("nats-server", env);
  if (onPath) return onPath;
  unpackPrograms(nats, binDir, env);
  return join(binDir, "nats-server");
}

import { join } from "node:path";
import { type DebianPrograms, unpackPrograms } from "./debian-package.ts";
import { findOnPath } from "./system-command.ts";

const prometheus: DebianPrograms = {
  package: "prometheus",
  paths: ["usr/bin/prometheus", "usr/bin/promtool"],
  missing: "PROMETHEUS_MISSING",
  installByHand:
    "Install Prometheus 2.42 or newer with its promtool (Debian: apt-get install prometheus, macOS: brew install prometheus).",
};

/** A Prometheus server and its tool, both of one version. */
export interface PrometheusBinaries {
  readonly prometheus: string;
  readonly promtool: string;
}

/**
 * Those on PATH when both are, else those in `binDir`, which are taken from Debian's package when they are absent.
 *
 * Throws OFFLINE, DISK_FULL, PROMETHEUS_MISSING (each says what to do).
 */
export function prometheusBinaries(binDir: string, env: NodeJS.ProcessEnv = process.env): PrometheusBinaries {
  const server = findOnPath("prometheus", env);
  const tool = findOnPath("promtool", env);
  if (server && tool) return { prometheus: server, promtool: tool };
  unpackPrograms(prometheus, binDir, env);
  return { prometheus: join(binDir, "prometheus"), promtool: join(binDir, "promtool") };
}

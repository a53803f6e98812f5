import { tmpdir } from "node:os";
import { diskFull, StackProblem } from "../problem.ts";
import { attempt, findOnPath, isExecutable } from "./system-command.ts";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const applications = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const INSTALL_BY_HAND =
  "Install Chromium or Chrome (Debian: apt-get install --no-install-recommends chromium, " +
  "macOS: brew install --cask chromium) and run again.";

/**
 * Path of a Chromium for tests in a browser: the one on PATH or, on macOS, among the applications. Where there is none, root
 * on a system with apt-get gets Debian's package installed: it needs libraries and fonts that unpacking would not bring.
 *
 * Throws OFFLINE, DISK_FULL, CHROMIUM_MISSING (each says what to do).
 */
export function chromiumBinary(
  env: NodeJS.ProcessEnv = process.env,
  isRoot: boolean = process.getuid?.() === 0,
): string {
  const found = findChromium(env);
  if (found) return found;
  if (!isRoot || !findOnPath("apt-get", env)) {
    throw new StackProblem("CHROMIUM_MISSING", "no Chromium is installed", INSTALL_BY_HAND);
  }
  process.stderr.write("Installing chromium from the system's packages\n");
  install(env);
  const installed = findChromium(env);
  if (installed) return installed;
  throw new StackProblem("CHROMIUM_MISSING", "chromium is installed but not on PATH", INSTALL_BY_HAND);
}

function findChromium(env: NodeJS.ProcessEnv): string | undefined {
  const onPath = names.map((name) => findOnPath(name, env)).find((path) => path !== undefined);
  return onPath ?? (process.platform === "darwin" ? applications.find(isExecutable) : undefined);
}

/** First with the system's package lists; a fresh machine has none. */
function install(env: NodeJS.ProcessEnv): void {
  const quiet = { ...env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) => attempt("apt-get", args, tmpdir(), quiet);
  const wanted = ["install", "--yes", "--no-install-recommends", "chromium"];
  if (apt(...wanted).ok) return;
  const update = apt("update");
  const second = apt(...wanted);
  if (!second.ok) throw installProblem(`${update.output}${second.output}`);
}

function installProblem(output: string): StackProblem {
  if (/No space left|enough free space/i.test(output)) return diskFull();
  if (/Temporary failure|Could not resolve|Unable to connect|Could not connect/i.test(output)) {
    const advice = `Connect, or: ${INSTALL_BY_HAND}`;
    return new StackProblem("OFFLINE", "chromium cannot be fetched: no network", advice);
  }
  const message = `chromium cannot be installed:\n${output.trim().split("\n").slice(-10).join("\n")}`;
  return new StackProblem("CHROMIUM_MISSING", message, INSTALL_BY_HAND);
}

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { installProblem, SetupProblem } from "./problem.mjs";

const PNPM = "pnpm@12.21.0";
const TAIL_CHARACTERS_MAX = 20_000;
const LOCK_WAIT_MS_MAX = 10 * 60_000;

/** Installs the packages of the lockfile; does nothing when they are there already. */
export async function installPackages(checkout) {
  if (isInstalled(checkout)) return;
  mkdirSync(join(checkout, ".marketmesh"), { recursive: true });
  const release = await takeLock(join(checkout, ".marketmesh", "install.lock"));
  try {
    if (isInstalled(checkout)) return;
    process.stderr.write("Installing packages (first start, or the lockfile changed)\n");
    await runPnpm(checkout);
    writeFileSync(stampPath(checkout), manifestsHash(checkout));
  } finally {
    release();
  }
}

function stampPath(checkout) {
  return join(checkout, "node_modules", ".marketmesh-installed");
}

function isInstalled(checkout) {
  const stamp = stampPath(checkout);
  return existsSync(stamp) && readFileSync(stamp, "utf8") === manifestsHash(checkout);
}

/** One hash over everything that decides what pnpm installs. */
export function manifestsHash(checkout) {
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", "test/package.json"];
  for (const group of ["packages", "services"]) {
    if (!existsSync(join(checkout, group))) continue;
    for (const name of readdirSync(join(checkout, group)).sort()) files.push(`${group}/${name}/package.json`);
  }
  const hash = createHash("sha256").update(process.platform + process.arch);
  for (const file of files.filter((file) => existsSync(join(checkout, file)))) {
    hash.update(`\n${file}\n`).update(readFileSync(join(checkout, file)));
  }
  return hash.digest("hex");
}

async function runPnpm(checkout) {
  const npmCli = process.env.npm_execpath;
  const npm = npmCli?.endsWith(".js") ? [process.execPath, npmCli] : ["npm"];
  const install = ["pnpm", "install", "--frozen-lockfile", "--reporter=append-only"];
  const [command, ...args] = [...npm, "exec", "--yes", `--package=${PNPM}`, "--", ...install];
  const child = spawn(command, args, {
    cwd: checkout,
    env: { ...withoutNpmNoise(process.env), CI: "true" }, // CI: pnpm asks no question
    stdio: ["ignore", "pipe", "pipe"],
  });
  let tail = "";
  const show = (chunk) => {
    // Set-up talks on stderr, so that the stdout of `npm run bench` stays machine readable.
    process.stderr.write(chunk);
    tail = (tail + chunk).slice(-TAIL_CHARACTERS_MAX);
  };
  child.stdout.on("data", show);
  child.stderr.on("data", show);
  const status = await new Promise((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", () =>
      reject(
        new SetupProblem(
          "NPM_MISSING",
          "npm cannot be started",
          "Install Node 20 or newer together with npm.",
        ),
      ),
    );
  });
  if (status !== 0) throw installProblem(tail);
}

/** npm's own variables describe the script that called us, and `nodedir` the headers of another Node. */
export function withoutNpmNoise(from) {
  const noise = /^(npm_(lifecycle|package|command|execpath|node_execpath)|npm_config_nodedir$|INIT_CWD$)/i;
  return Object.fromEntries(Object.entries(from).filter(([key]) => !noise.test(key)));
}

/** Two commands started at once in one checkout must not both install. The lock of a dead process is taken over. */
async function takeLock(path) {
  const giveUpAt = Date.now() + LOCK_WAIT_MS_MAX;
  for (;;) {
    try {
      const file = openSync(path, "wx");
      writeSync(file, String(process.pid));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw lockProblem(error);
      if (!isAlive(path)) rmSync(path, { force: true });
      else if (Date.now() > giveUpAt) {
        throw new SetupProblem(
          "INSTALL_LOCKED",
          "another installation does not end",
          `Stop it, or remove ${path}.`,
        );
      } else await delay(200);
    }
  }
}

function lockProblem(error) {
  return installProblem(String(error.code ?? error.message));
}

function isAlive(path) {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    if (!pid) return true; // just being written
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

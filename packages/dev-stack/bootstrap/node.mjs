import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { SetupProblem } from "./problem.mjs";

const PARENT_CHECK_MS = 1_000;

/** The Node that runs TypeScript sources: the one that was installed as a package, else this one when it is new enough. */
export function typescriptNode(checkout) {
  const installed = join(checkout, "node_modules", ".bin", "node");
  try {
    accessSync(installed, constants.X_OK);
    return installed;
  } catch {
    const [major, minor] = process.versions.node.split(".").map(Number);
    if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
    throw new SetupProblem(
      "NODE_TOO_OLD",
      `no Node package for ${process.platform}-${process.arch} and this Node is ${process.versions.node}`,
      "Install Node 22.18 or newer.",
    );
  }
}

/**
 * Runs a program to its end and answers with its exit status. It learns of our death by the closing of its
 * file descriptor 3, so that no mesh outlives a killed `npm start`.
 */
export function runToEnd(command, args, { env }) {
  const child = spawn(command, args, {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    env: { ...env, MARKETMESH_PARENT_FD: "3" },
  });
  const forward = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward);
  followNpm();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}

/** A killed npm does not stop its script (which `exec`s us, so npm is our parent). A new parent is how we see it. */
function followNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const check = () => {
    if (process.ppid !== parent) process.exit(1); // the closing descriptor stops the mesh
  };
  setInterval(check, PARENT_CHECK_MS).unref();
}

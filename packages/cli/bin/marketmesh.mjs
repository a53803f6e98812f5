#!/usr/bin/env node
// `npx marketmesh` runs on whatever Node the machine has; the sources need the one that was installed as a package.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const cli = join(dirname(fileURLToPath(import.meta.url)), "..");
const installed = join(cli, "..", "..", "node_modules", ".bin", "node");
const [major, minor] = process.versions.node.split(".").map(Number);

if (!existsSync(installed) && (major < 22 || (major === 22 && minor < 18))) {
  process.stderr.write(
    "NODE_TOO_OLD: marketmesh needs Node 22.18\n  What to do: run `npm start` once; it installs Node 24.\n",
  );
  process.exit(1);
}
const node = existsSync(installed) ? installed : process.execPath;
const child = spawn(node, [join(cli, "src", "main.ts"), ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.once("close", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGINT" ? 130 : 143);
});

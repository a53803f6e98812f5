// Entry of every npm script. Plain JavaScript for any Node >= 18: it installs what lacks, then hands over to
// src/main.ts under the Node that can run TypeScript.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPackages, withoutNpmNoise } from "./bootstrap/install.mjs";
import { runToEnd, typescriptNode } from "./bootstrap/node.mjs";
import { printProblem, SetupProblem } from "./bootstrap/problem.mjs";

const COMMANDS = ["start", "test", "test:faults", "bench", "fuzz", "generate", "readiness", "new-service"];
const checkout = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const [command, ...args] = process.argv.slice(2);

try {
  process.exitCode = await bootstrap();
} catch (error) {
  if (!(error instanceof SetupProblem)) throw error;
  printProblem(error);
  if (command === "test") process.stdout.write("0 passed, 1 failed, 0 skipped\n");
  process.exitCode = 1;
}

async function bootstrap() {
  if (!COMMANDS.includes(command)) {
    throw new SetupProblem(
      "UNKNOWN_COMMAND",
      `no command ${command ?? "given"}`,
      `Use one of: ${COMMANDS.join(", ")}.`,
    );
  }
  if (!existsSync(join(checkout, "pnpm-lock.yaml"))) {
    throw new SetupProblem("CHECKOUT_INCOMPLETE", "pnpm-lock.yaml is missing", "Clone the whole repository.");
  }
  await installPackages(checkout);
  const main = join(checkout, "packages", "dev-stack", "src", "main.ts");
  // A quarter of the CPU of a start is compiling the same sources again; every process below shares this cache.
  const cache = { NODE_COMPILE_CACHE: join(checkout, ".marketmesh", "compile-cache") };
  const env = { ...cache, ...withoutNpmNoise(process.env) };
  return runToEnd(typescriptNode(checkout), [main, command, ...args], { env });
}

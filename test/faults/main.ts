// `npm run test:faults`: the fault tests alone. The last line is `operations N, kills N, violations N`.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sumOf, TALLY_FILE_KEY, type Tally } from "./tally.ts";

const root = join(import.meta.dirname, "..", "..");
const file = join(tmpdir(), `marketmesh-faults-${process.pid}.ndjson`);
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const { status } = spawnSync(process.execPath, [vitest, "run", "test/faults", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, [TALLY_FILE_KEY]: file },
});
const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
rmSync(file, { force: true });
const { operations, kills, violations } = sumOf(lines.map((line) => JSON.parse(line) as Tally));
// A test that failed before it could count is a violation too.
const failed = status === 0 ? violations : Math.max(1, violations);
console.log(`operations ${operations}, kills ${kills}, violations ${failed}`);
process.exitCode = failed === 0 ? 0 : 1;

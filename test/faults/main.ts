// `npm run test:faults [-- FILE] [--operations N] [--minutes N]`: the fault tests alone, or one file of them, with so many operations
// where it counts them, and no longer than that. The last line is `operations N, kills N, violations N`.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sumOf, TALLY_FILE_KEY, type Tally } from "./tally.ts";

const root = join(import.meta.dirname, "..", "..");
const file = join(tmpdir(), `marketmesh-faults-${process.pid}.ndjson`);
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const given = process.argv.slice(2);
const only = given[0]?.startsWith("-") === false ? given.shift() : undefined;
const optionOf = (option: string): string | undefined => {
  const at = given.indexOf(option);
  return at < 0 ? undefined : given.splice(at, 2)[1];
};
const [operationsMax, minutes] = [optionOf("--operations"), optionOf("--minutes")];
const { status } = spawnSync(process.execPath, [vitest, "run", `test/faults/${only ?? ""}`, ...given], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    [TALLY_FILE_KEY]: file,
    ...(operationsMax && { LEDGER_OPERATIONS: operationsMax }),
    ...(minutes && { LEDGER_MINUTES: minutes }),
  },
});
const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
rmSync(file, { force: true });
const { operations, kills, violations } = sumOf(lines.map((line) => JSON.parse(line) as Tally));
// A test that failed before it could count is a violation too.
const failed = status === 0 ? violations : Math.max(1, violations);
console.log(`operations ${operations}, kills ${kills}, violations ${failed}`);
process.exitCode = failed === 0 ? 0 : 1;

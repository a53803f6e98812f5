import { parseArgs } from "node:util";
import { hostSettings } from "@marketmesh/service-host";
import { allocationSuite } from "./allocation/suite.ts";
import { type BenchMesh, startBenchMesh } from "./bench-mesh.ts";
import { say } from "./figure.ts";
import { importSuite } from "./import.ts";
import { overloadSuite } from "./overload.ts";
import { readsSuite } from "./reads.ts";
import { roundSuite } from "./round.ts";
import { rpcSuite } from "./rpc.ts";
import { startSuite } from "./start.ts";

const suites = {
  rpc: () => rpcSuite(),
  import: () => withMesh(importSuite),
  reads: () => withMesh(readsSuite),
  round: () => withMesh(roundSuite),
  start: () => withMesh(startSuite),
  allocation: () => allocationSuite(),
  // With admission as by default; the limit of one principal is not what is measured.
  overload: () =>
    withMesh(overloadSuite, {
      RATE_LIMIT_CALLS_PER_SECOND: "1000000",
      QUEUE_DELAY_MS: String(hostSettings.queueDelayMs.fallback),
    }),
};

type Suite = keyof typeof suites;

async function withMesh(suite: (mesh: BenchMesh) => Promise<void>, env: Record<string, string> = {}) {
  await using mesh = await startBenchMesh(env);
  await suite(mesh);
}

const { positionals } = parseArgs({ allowPositionals: true });
const chosen = positionals.length > 0 ? positionals : Object.keys(suites);
const unknown = chosen.find((name) => !Object.hasOwn(suites, name));
if (unknown !== undefined) {
  say(`there is no suite ${unknown}; there are ${Object.keys(suites).join(", ")}`);
  process.exit(2);
}
for (const name of chosen) {
  say(`suite ${name}`);
  await suites[name as Suite]();
}
process.exit(0);

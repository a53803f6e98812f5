import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replayed, simulated } from "@marketmesh/cli/replay/command";
import { draftOf, readPlanFile } from "@marketmesh/cli/simulate/plan-file";
import { recordLaborRound } from "../../support/labor-round.ts";
import { startBenchMesh } from "../bench-mesh.ts";
import { say } from "../figure.ts";

const market = "labor";

/**
 * One replay comparison, for reading: the first round of a part of the labor sample, recorded through the services, decided again by
 * its own plan and by the optimum, then played with people who answer as often as they did.
 */
const folder = mkdtempSync(join(tmpdir(), "marketmesh-replay-"));
try {
  const file = join(folder, "plan.yaml");
  writeFileSync(file, "label: optimal, filling\nstrategy: OPTIMAL\nobjective: { fillBonus: 200000 }\n");
  const draft = draftOf(readPlanFile(file), market);
  await using mesh = await startBenchMesh();
  const plan = await recordLaborRound(mesh.clients, { market, supply: 1_000, demand: 150 });
  say("recorded a round");
  const asked = { parent: `markets/${market}`, plan, rounds: [], roundCount: 1 };
  process.stdout.write(await replayed(mesh.clients, asked, undefined));
  process.stdout.write(`\n${await replayed(mesh.clients, asked, draft)}`);
  process.stdout.write(`\n${await simulated(mesh.clients, asked, draft, 10)}`);
} finally {
  rmSync(folder, { recursive: true });
}

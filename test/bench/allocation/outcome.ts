import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { emit, say } from "../figure.ts";
import { laborReal } from "./labor-real.ts";
import { type Outcome, type OutcomeTask, type Player, players, type Setting } from "./outcome-run.ts";

/**
 * What each strategy comes to after people answered: labor-real, openings offered in waves until nothing is left to ask, seeds 1 to 5.
 * `share` is how much of the way from the best baseline to a clairvoyant EXPECTED goes, on means over the seeds; value and fill have
 * each their own best baseline and their own clairvoyant. `--seeds 1,2` plays fewer.
 */
const { values: given } = parseArgs({ options: { seeds: { type: "string", default: "1,2,3,4,5" } } });
const seeds = given.seeds.split(",").map(Number);
const settings: readonly Setting[] = ["40", "70", "drift"];
const baselines: readonly Player[] = ["GREEDY", "PER_DEMAND_GREEDY", "SCARCE_FIRST", "OPTIMAL", "STABLE"];
const threads = 2;

await laborReal();
const outcomes = await playAll(tasks());
for (const setting of settings) table(setting);
for (const setting of ["40", "70"] as const) {
  figure(`outcome_fill_share_${setting}`, share(setting, "fill"), 0.4);
  figure(`outcome_value_share_${setting}`, share(setting, "value"), 0.4);
}
figure("outcome_drift", Math.min(share("drift", "fill"), share("drift", "value")), 0.3);

/** The longest first, so that both threads end at about the same time. LOTTERY and FAIR are for the tables only: two seeds, no drift. */
function tasks(): OutcomeTask[] {
  const order = players.toReversed();
  return order.flatMap((player) => {
    const shown = player === "LOTTERY" || player === "FAIR";
    const played = shown ? seeds.slice(0, 2) : seeds;
    return settings
      .filter((setting) => setting !== "drift" || !shown)
      .flatMap((setting) => played.map((seed) => ({ setting, player, seed })));
  });
}

async function playAll(waiting: OutcomeTask[]): Promise<Outcome[]> {
  const done: Outcome[] = [];
  await Promise.all(Array.from({ length: threads }, () => work(waiting, done)));
  return done;
}

async function work(waiting: OutcomeTask[], done: Outcome[]): Promise<void> {
  const worker = new Worker(join(import.meta.dirname, "outcome-worker.ts"));
  for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
    const outcome = await new Promise<Outcome>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.postMessage(task);
    });
    worker.removeAllListeners("error");
    done.push(outcome);
    say(lineOf(outcome));
  }
  await worker.terminate();
}

function lineOf({ setting, player, seed, fill, value, waves, cpuMs }: Outcome): string {
  const what = `${percent(fill)} filled, value ${value.toFixed(1)}, ${waves} waves`;
  return `${setting} ${player} seed ${seed}: ${what}, ${(cpuMs / 1000).toFixed(1)} s of processor`;
}

function mean(setting: Setting, player: Player, measure: "fill" | "value" | "waves"): number {
  const runs = outcomes.filter((outcome) => outcome.setting === setting && outcome.player === player);
  return runs.reduce((sum, run) => sum + run[measure], 0) / runs.length;
}

function share(setting: Setting, measure: "fill" | "value"): number {
  const best = Math.max(...baselines.map((player) => mean(setting, player, measure)));
  const [ours, theirs] = [mean(setting, "EXPECTED", measure), mean(setting, "CLAIRVOYANT", measure)];
  return (ours - best) / (theirs - best);
}

function table(setting: Setting): void {
  say(`\n| ${setting === "drift" ? "drift" : `${setting} %`} | filled | value | waves |\n|---|---|---|---|`);
  for (const player of players) {
    const waves = mean(setting, player, "waves");
    if (Number.isNaN(waves)) continue;
    const [fill, value] = [mean(setting, player, "fill"), mean(setting, player, "value")];
    const used = player === "CLAIRVOYANT" ? "" : waves.toFixed(1);
    say(`| ${player} | ${percent(fill)} | ${value.toFixed(0)} | ${used} |`);
  }
}

function figure(metric: string, value: number, aim: number): void {
  emit({ suite: "allocation", metric, value, unit: "share", better: "higher", aim });
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strategies } from "@marketmesh/allocation-engine";
import { Plan_Strategy, Plan_StrategySchema } from "@marketmesh/contracts/allocation/v1";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { simulate } from "./command.ts";
import { offlinePlan } from "./offline-plan.ts";
import { draftOf, readPlanFile } from "./plan-file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-simulate-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(text: string): string {
  const path = join(folder, `f${files++}.yaml`);
  writeFileSync(path, text);
  return path;
}

async function run(...args: string[]): Promise<string> {
  const written: string[] = [];
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  try {
    await simulate.run(args);
  } finally {
    out.mockRestore();
  }
  return written.join("");
}

const listed = `
market: {interval: 1h, window: 2h, waves: 20}
answers: {kind: INDEPENDENT, probability: 1}
demands: [{id: a, units: 2}, {id: b, arrives: 30m}]
supplies: [{id: x}, {id: y}, {id: z, leaves: 5d}]
pairs:
  - {demand: a, supply: x, score: 0.9}
  - {demand: a, supply: y, score: 0.8}
  - {demand: b, supply: z, score: 0.5, supplyScore: 0.1}
`;
const generated = `
generate: {seed: 3, demands: 40, supplies: 40, pairsPerDemand: 6, arriveOver: 2d, stay: 1d}
answers: {kind: CONGESTED, probability: 0.7, fallPerOffer: 0.1, memory: 1d, silence: 0.1, noShow: 0.05}
`;

test("a written market is played by each plan, side by side", async () => {
  const plan = file("label: mine\nstrategy: OPTIMAL\nobjective: {fillBonus: 500000}\n");
  const json = JSON.parse(await run("--scenario", file(listed), "--plan", plan, "--seeds", "2", "--json"));
  expect(json).toMatchObject([{ label: "mine", fill: { mean: 1 }, value: { mean: 2_200_000 } }]);
  expect(json[0].hashes).toHaveLength(2);
});

test("a made-up market is the same each time, and the table names the plans", async () => {
  const scenario = file(generated);
  const first = await run("--scenario", scenario, "--seeds", "3");
  expect(first).toContain("GREEDY");
  expect(first).toContain("OPTIMAL");
  expect(first).toMatch(/fill +\d+\.\d % ± \d/);
  expect(await run("--scenario", scenario, "--seeds", "3")).toBe(first);
});

test.each([
  ["--seeds", "0", "whole number from 1 to 1000"],
  ["--seeds", "1001", "whole number from 1 to 1000"],
  ["--seeds", "x", "whole number from 1 to 1000"],
])("%s %s is refused", async (option, value, said) => {
  await expect(run("--scenario", file(generated), option, value)).rejects.toThrow(said);
});

test.each([
  ["generate: {demands: 2, supplies: 3}", "generate.pairsPerDemand is a number from 1 to 1000"],
  ["generate: {demands: 2, supplies: 3, pairsPerDemand: 4}", "only 3 supplies"],
  ["generate: {demand: 2}", "generate.demand is not known here"],
  ["demands: []", "give one of both"],
  ["pairs: [{demand: a, supply: x, score: 1}]", "names demand a"],
  ["pairs: []\ndemands: [{id: a, arrives: soon}]", 'demands[0].arrives: "soon" is no duration'],
  ["pairs: []\ndemands: [{id: a, units: -1}]", "demands[0].units is a number from 0"],
  ["pairs: []\nanswers: {kind: MAYBE}", "answers.kind is one of INDEPENDENT"],
  ["pairs: []\nanswers: {probability: 1.1}", "answers.probability is a number from 0 to 1"],
  ["pairs: []\nmarket: {interval: 0s}", "market.interval is above 0"],
  ["pairs: 7", "pairs is a list"],
  ["- a", "mapping"],
])("a scenario that says %j is refused by field", async (text, said) => {
  await expect(run("--scenario", file(text))).rejects.toThrow(said);
});

test("what is missing is named", async () => {
  await expect(run()).rejects.toThrow("--scenario FILE");
  await expect(run("--scenario", join(folder, "none.yaml"))).rejects.toThrow("can't be read (ENOENT)");
  const plan = file("strategy: FAIR\n");
  await expect(run("--scenario", file(listed), "--plan", plan)).rejects.toThrow("FAIR needs a market");
  await expect(run("--scenario", file(listed), "--plan", file("limits: {}\n"))).rejects.toThrow(
    "limits needs a market",
  );
});

test.each([
  ["topK: 5", "a scenario's pairs are those"],
  ["unitMode: WHOLE", "is said by the scenario: unitMode"],
  ["acceptanceWindow: 3d", "is said by the scenario: market.window"],
  ["seed: 4", "is said by the command: --seeds"],
])("a plan's %s is refused where it would be ignored", async (text, said) => {
  await expect(run("--scenario", file(listed), "--plan", file(`${text}\n`))).rejects.toThrow(said);
});

test("what cannot be played is told with its file", async () => {
  const twice =
    "demands: [{id: a}, {id: a}]\nsupplies: [{id: x}]\npairs: [{demand: a, supply: x, score: 1}]\n";
  const scenario = file(twice);
  await expect(run("--scenario", scenario)).rejects.toThrow(`${scenario}: `);
});

test("averages of nothing are left out of the table", async () => {
  const table = await run("--scenario", file("demands: [{id: a}]\npairs: []\n"));
  for (const title of ["mean quality", "time to fill", "acceptance", "asked most, a tenth"])
    expect(table).toMatch(new RegExp(`^${title} *$`, "m"));
});

test("every strategy of the contract has its word in a plan file, which the engine knows too", async () => {
  const stated = Plan_StrategySchema.values.filter(({ number }) => number !== Plan_Strategy.UNSPECIFIED);
  expect(stated).toHaveLength(strategies.length);
  for (const { localName, number } of stated) {
    const plan = readPlanFile(file(`strategy: ${localName}\n`));
    expect(draftOf(plan, "m").plan?.strategy).toBe(number);
    if (localName !== "FAIR") expect(offlinePlan(plan, {}).label).toBe(plan.label);
  }
});

test("a plan file becomes the contract's draft, or says what is wrong with it", () => {
  const draft = (text: string) => draftOf(readPlanFile(file(text)), "m");
  const { plan, label } = draft(
    "label: a\nstrategy: OPTIMAL\ntopK: 9\nacceptanceWindow: 8h\nlimits: {exclusions: [{demand: d, supply: s}]}\n",
  );
  expect(label).toBe("a");
  expect(plan).toMatchObject({
    strategy: Plan_Strategy.OPTIMAL,
    topK: 9,
    acceptanceWindow: { seconds: 28_800n },
  });
  expect(plan!.limits!.exclusions).toMatchObject([
    { demand: "markets/m/listings/d", supply: "markets/m/listings/s" },
  ]);
  expect(() => draft("strategy: BEST\n")).toThrow("strategy is one of DEFERRED_ACCEPTANCE");
  expect(() => draft("topk: 9\n")).toThrow("topk is not known here");
  expect(() => draft("objective: {fillbonus: 9}\n")).toThrow("fillbonus");
  expect(() => draft("acceptanceWindow: 3\n")).toThrow("is no duration");
});

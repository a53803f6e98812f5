import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const main = join(import.meta.dirname, "../../main.ts");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-edges-"));
  file("edges.csv", "demand,supply,score\na,x,0.9\na,y,0.5\nb,x,0.8\nb,z,0.25\n");
  file("openings.csv", "demand,openings\na,1\nb,2\nlonely,3\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

type Wave = { wave: number; offers: [string, string][] };

/** The outsider: starts the command, answers each wave by `answer`, collects what it said. */
async function outsider(args: string[], answer: (wave: Wave) => string | undefined) {
  const child = spawn(process.execPath, [main, "simulate", ...args], { stdio: "pipe" });
  const waves: Wave[] = [];
  let summary: Record<string, unknown> | undefined;
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  child.stdin.on("error", () => {});
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line);
    if (said.summary !== undefined) {
      summary = said.summary;
      continue;
    }
    waves.push(said);
    const reply = answer(said);
    if (reply === undefined) child.stdin.end();
    else child.stdin.write(`${reply}\n`);
  }
  return { waves, summary, errors, status: await closed };
}

const files = () => ["--edges", join(folder, "edges.csv"), "--openings", join(folder, "openings.csv")];
const given = () => [...files(), "--answers", "-"];
const says = (pair: readonly [string, string]) => pair.join() !== "a,x";

describe("simulate --edges", () => {
  it("offers by EXPECTED in waves until all is asked, and sums up; answers in order", async () => {
    const played = await outsider(given(), ({ offers }) => JSON.stringify(offers.map(says)));
    expect(played.errors).toBe("");
    expect(played.status).toBe(0);
    const asked = played.waves.flatMap(({ offers }) => offers.map((pair) => pair.join()));
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toContain("a,y");
    expect(played.summary).toMatchObject({ openings: 6, accepted: 3, fill: 0.5, value: 1.55 });
  });

  it("takes answers by pair, in any order, on one line or several", async () => {
    const inOrder = await outsider([...given(), "--strategy", "GREEDY"], ({ wave, offers }) =>
      JSON.stringify({ wave, answers: offers.map(says) }),
    );
    const byPair = await outsider([...given(), "--strategy", "GREEDY"], ({ wave, offers }) =>
      offers
        .toReversed()
        .map(([demand, supply]) =>
          wave % 2 === 0
            ? JSON.stringify({ demand, supply, accepted: says([demand, supply]) })
            : JSON.stringify({ answers: [[demand, supply, says([demand, supply]) ? 1 : 0]] }),
        )
        .join("\n"),
    );
    expect(byPair).toEqual(inOrder);
    expect(inOrder.summary).toMatchObject({ accepted: 3 });
  });

  it("reads NDJSON as well, and scores of another scale", async () => {
    const edges = file("edges.ndjson", '{"demand":"a","supply":"x, the first","score":500000}\n');
    const openings = file("openings.ndjson", '{"demand":"a","openings":1}\n');
    const args = ["--edges", edges, "--openings", openings, "--answers", "-", "--score-max", "1000000"];
    const { waves, summary } = await outsider(args, () => "[true]");
    expect(waves).toEqual([{ wave: 0, offers: [["a", "x, the first"]] }]);
    expect(summary).toMatchObject({ accepted: 1, value: 0.5 });
  });

  it.each([
    ["answers that end", undefined, /answers:1: the answers end; \d offers of wave 0 are not answered/],
    ["too few answers", "[]", /answers:1: answers: 0 answers in order; allowed: \d/],
    ["a pair that was not offered", '[["a","nobody",true]]', /answers:1: pair \["a","nobody"\]: not an/],
    [
      "an answer that is none",
      '{"demand":"a","supply":"x","accepted":"maybe"}',
      /accepted is "maybe"; allowed/,
    ],
    ["answers to another wave", '{"wave":7,"answers":[true]}', /wave is 7; allowed: 0/],
    ["what is not JSON", "yes", /answers:1: not JSON; allowed/],
  ])("refuses %s", async (_, reply, message) => {
    const { errors, status, summary } = await outsider(given(), () => reply);
    expect(errors).toMatch(message);
    expect(status).toBe(1);
    expect(summary).toBeUndefined();
  });

  it.each([
    ["a,x,2", /bad\.csv:1: score is 2; allowed: a number from 0 to 1/],
    ["a,x", /bad\.csv:1: 2 fields; allowed: 3, demand,supply,score/],
    ["a,x,0.5\nnobody,x,0.5", /bad\.csv:2: demand nobody is not in .*; allowed: a demand with openings/],
    ["a,x,0.5\na,x,0.5", /pair a, x is listed twice/],
    ['{"demand":"a","supply":"","score":1}', /bad\.csv:1: supply is missing; allowed: an id/],
  ])("refuses the edges %j", async (content, message) => {
    const bad = file("bad.csv", content);
    const args = ["--edges", bad, "--openings", join(folder, "openings.csv"), "--answers", "-"];
    const { errors, status } = await outsider(args, () => undefined);
    expect(errors).toMatch(message);
    expect(status).toBe(1);
  });

  it("refuses options that it does not know what to do with", async () => {
    const config = file("config.json", '{"fillBonus":"much"}');
    const cases: [string[], RegExp][] = [
      [[...given(), "--strategy", "BEST"], /there is no strategy BEST; allowed: EXPECTED/],
      [[...given(), "--waves", "0"], /--waves takes a whole number from 1/],
      [[...given(), "--config", config], /fillBonus is "much"; allowed: a number/],
      [files(), /--answers takes -/],
    ];
    for (const [args, message] of cases) {
      expect((await outsider(args, () => undefined)).errors).toMatch(message);
    }
  });
});

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

  it("offers a demand from the wave on in which it opens", async () => {
    const openings = file("later.csv", "demand,openings,opens\na,1,0\nb,2,7\nlonely,3,9\n");
    const args = ["--edges", join(folder, "edges.csv"), "--openings", openings, "--answers", "-"];
    const played = await outsider([...args, "--strategy", "GREEDY"], ({ offers }) =>
      JSON.stringify(offers.map(says)),
    );
    const first = played.waves.find(({ offers }) => offers.some(([demand]) => demand === "b"));
    expect(first?.wave).toBe(7);
    expect(played.summary).toMatchObject({ accepted: 3 });
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

  it("refuses wrong answers, and ends although the outsider keeps its end open", async () => {
    const { errors, status, summary } = await outsider(given(), () => '[["a","nobody",true]]');
    expect(errors).toMatch(/answers:1: pair \["a","nobody"\]: not an unanswered offer of wave 0/);
    expect(status).toBe(1);
    expect(summary).toBeUndefined();
  });
});

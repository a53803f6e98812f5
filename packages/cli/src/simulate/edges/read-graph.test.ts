import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { simulateEdges } from "./command.ts";
import { readConfig } from "./read-config.ts";
import { readGraph } from "./read-graph.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-edges-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const openings = () => file("openings.csv", "a,1\nb,2\nlonely,3\n");

describe("the files of simulate --edges", () => {
  it("are read as CSV with or without names, in any order of columns, and zipped", async () => {
    const edges = file("edges.csv.gz", gzipSync("score,supply,demand\n0.9,x,a\n0.25,z,b\n"));
    const { graph } = await readGraph({ edges, openings: openings(), scoreMax: 1 });
    expect(graph.demandIds).toEqual(["a", "b", "lonely"]);
    expect([...graph.demandCapacity]).toEqual([1, 2, 3]);
    expect(graph.supplyIds).toEqual(["x", "z"]);
    expect([...graph.demandScores]).toEqual([900_000, 250_000]);
  });

  it("are read as NDJSON, with scores of another scale", async () => {
    const edges = file("edges.ndjson", '{"demand":"a","supply":"x, the first","score":500000}\n');
    const wanted = file("openings.ndjson", '{"demand":"a","openings":1}\n');
    const { graph } = await readGraph({ edges, openings: wanted, scoreMax: 1_000_000 });
    expect(graph.supplyIds).toEqual(["x, the first"]);
    expect([...graph.demandScores]).toEqual([500_000]);
  });

  it.each([
    ["a,x,2", /bad\.csv:1: score is 2; allowed: a number from 0 to 1/],
    ["a,x,", /bad\.csv:1: score is missing; allowed: a number from 0 to 1/],
    ["a,x", /bad\.csv:1: 2 fields; allowed: 3, demand,supply,score/],
    ["a,x,0.5\nnobody,x,0.5", /bad\.csv:2: demand nobody is not in .*; allowed: a demand with openings/],
    ["a,x,0.5\na,x,0.5", /pair a, x is listed twice/],
    ['{"demand":"a","supply":"","score":1}', /bad\.csv:1: supply is missing; allowed: an id/],
    ['{"demand":"a"\n', /bad\.csv:1: not a JSON object/],
  ])("are refused where a line is bad: %j", async (content, message) => {
    const edges = file("bad.csv", content);
    await expect(readGraph({ edges, openings: openings(), scoreMax: 1 })).rejects.toThrow(message);
  });

  it("say in which wave a demand opens", async () => {
    const edges = file("edges.csv", "b,x,1\na,x,1\n");
    const later = file("later.csv", "demand,openings,opens\nb,1,20\na,1,\n");
    const { graph, opensAt } = await readGraph({ edges, openings: later, scoreMax: 1 });
    expect([graph.demandIds, opensAt]).toEqual([
      ["a", "b"],
      [0, 20],
    ]);
    const wrong = file("later.csv", "demand,openings,opens\nb,1,soon\n");
    await expect(readGraph({ edges, openings: wrong, scoreMax: 1 })).rejects.toThrow(
      "later.csv:2: opens is soon; allowed: a whole number from 0",
    );
  });

  it("are refused where openings are bad", async () => {
    const edges = file("edges.csv", "a,x,1\n");
    const read = (content: string) => readGraph({ edges, openings: file("o.csv", content), scoreMax: 1 });
    await expect(read("a,1.5\n")).rejects.toThrow("openings is 1.5; allowed: a whole number from 0 to");
    await expect(read("a,1\na,1\n")).rejects.toThrow("o.csv:2: demand a is listed twice");
    const gone = { edges: join(folder, "gone.csv"), openings: openings(), scoreMax: 1 };
    await expect(readGraph(gone)).rejects.toThrow("gone.csv can't be read (ENOENT)");
  });

  it("are refused where their first line names other columns", async () => {
    const read = (edges: string) =>
      readGraph({ edges: file("c.csv", edges), openings: openings(), scoreMax: 1 });
    await expect(read("supply,demand,weight\nx,a,1\n")).rejects.toThrow(
      "c.csv:1: columns supply,demand,weight; allowed: with demand, supply, score among them",
    );
    await expect(read("a,x,\n")).rejects.toThrow("c.csv:1: score is missing");
  });

  it("are refused where they cannot be read", async () => {
    const broken = file("broken.csv.gz", "no gzip");
    const read = (edges: string) => readGraph({ edges, openings: openings(), scoreMax: 1 });
    await expect(read(broken)).rejects.toThrow("broken.csv.gz can't be read (Z_DATA_ERROR)");
    await expect(read(folder)).rejects.toThrow("can't be read (EISDIR)");
    await expect(read(join(folder, "gone.csv.gz"))).rejects.toThrow("can't be read (ENOENT)");
  });

  it("configure EXPECTED by numbers of known names", () => {
    expect(readConfig(file("c.json", '{"fillBonus":1}'))).toEqual({ fillBonus: 1 });
    expect(() => readConfig(file("c.json", '{"fillBonus":"much"}'))).toThrow('fillBonus is "much"; allowed');
    expect(() => readConfig(file("c.json", '{"bonus":1}'))).toThrow(
      "there is no setting bonus; allowed: seed",
    );
    expect(() => readConfig(file("c.json", '{"priceStep":0}'))).toThrow("c.json: priceStep is 0; allowed");
    expect(() => readConfig(file("c.json", "[]"))).toThrow("not a JSON object");
    expect(() => readConfig(file("c.json", "{"))).toThrow("cannot be read as JSON");
  });

  it("come with options that are checked first", async () => {
    const given = ["--edges", "e", "--openings", "o", "--answers", "-"];
    await expect(simulateEdges([...given, "--strategy", "BEST"])).rejects.toThrow("allowed: STABLE, GREEDY");
    await expect(simulateEdges([...given, "--waves", "0"])).rejects.toThrow(
      "--waves takes a whole number from 1",
    );
    await expect(simulateEdges([...given, "--strategy", "GREEDY", "--config", "c"])).rejects.toThrow(
      "goes with",
    );
    await expect(simulateEdges(given.slice(0, 4))).rejects.toThrow("--answers takes -");
    await expect(simulateEdges(given.slice(0, 2))).rejects.toThrow("goes with --openings");
  });
});

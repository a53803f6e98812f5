import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { defaultScenario, readScenario } from "./scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-scenario-"));
afterAll(() => rmSync(folder, { recursive: true }));

function scenario(text: string): string {
  const path = join(folder, "scenario.yaml");
  writeFileSync(path, text);
  return path;
}

describe("readScenario", () => {
  it("reads the default scenario: every pack once", () => {
    const { markets } = readScenario(defaultScenario);
    expect(markets.map(({ pack }) => pack.pack)).toEqual(["labor", "goods", "data"]);
  });

  it("finds files beside the scenario and guesses their format", () => {
    const path = scenario(
      "scenario: s\nmarkets: [{ market: m, pack: labor, files: [{ path: x.tsv.gz, kind: job-post, id: row.id, attributes: { required_skills: row.s } }] }]",
    );
    const [file] = readScenario(path).markets[0]!.files;
    expect(file).toMatchObject({ path: join(folder, "x.tsv.gz"), format: "TSV", gzip: true, header: true });
  });

  it.each([
    ["scenario: s\nmarkets: [{ market: m, pack: labor }]", /must have required property/],
    [
      "scenario: s\nmarkets: [{ market: m, pack: nope, sample: {} }]",
      /there is no pack "nope"; there are data, goods, labor/,
    ],
    [
      "scenario: s\nmarkets: [{ market: m, pack: labor, sample: {}, colour: red }]",
      /additional properties \(colour\)/,
    ],
    [
      "scenario: s\nmarkets: [{ market: m, pack: labor, sample: {} }, { market: m, pack: data, sample: {} }]",
      /"m" occurs twice/,
    ],
    [
      "scenario: s\nmarkets: [{ market: m, pack: labor, files: [{ path: x, kind: no-kind, id: row.id, attributes: { a: row.a } }] }]",
      /the pack has no kind "no-kind"/,
    ],
  ])("refuses %j", (text, message) => {
    expect(() => readScenario(scenario(text))).toThrow(message);
  });
});

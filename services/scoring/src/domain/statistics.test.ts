import { expect, test } from "vitest";
import { type StatisticsHead, statisticsFor } from "./statistics.ts";

const overlap = { supplyAttribute: "skills", demandAttribute: "wanted" };
const kinds = { supplyKind: "candidate", demandKind: "job" };

function head(id: string, ...refs: string[]): StatisticsHead {
  const attributes = refs.map((ref) => {
    const [kind = "", attribute = ""] = ref.split(".");
    return { kind, attribute };
  });
  const counts = { documentCount: 1, termCount: 1, feedSeq: 1n };
  return { market: "m", id, version: 1n, attributes, ...counts, updateTime: new Date(0) };
}

const exact = head("exact", "candidate.skills", "job.wanted");
const also = head("zz", "job.wanted", "candidate.skills");
const wide = head("a-wide", "candidate.skills", "job.wanted", "job.title");

test.each([
  ["both attributes, whatever their order", [also], also],
  ["the fewest attributes", [wide, exact], exact],
  ["the lowest id of equals", [exact, also], exact],
  ["nothing where one attribute is not counted", [head("half", "candidate.skills")], undefined],
  ["nothing where the kind is another", [head("other", "candidate.skills", "want.wanted")], undefined],
])("takes the statistics with %s", (_, heads, expected) => {
  expect(statisticsFor(overlap, kinds, heads)).toBe(expected);
});

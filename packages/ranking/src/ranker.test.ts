import { ListingIndex, OrdinalSet } from "@marketmesh/listing-index";
import type { Attributes } from "@marketmesh/rules";
import fc from "fast-check";
import { expect, test } from "vitest";
import { collectStatistics } from "./collect-statistics.ts";
import { createRanker } from "./ranker.ts";
import { explain, scorePair } from "./score-pair.ts";
import type { Statistics } from "./statistics.ts";
import { overlapKey } from "./statistics.ts";
import { compiled, sameCity, skillOverlap, skills, statistics, types, yearsOver } from "./testing/labor.ts";

const now = Date.UTC(2026, 0, 1);

const token = fc.constantFrom("sql", "rust", "mail", "go", "law", "x", "y", "z");
const side: fc.Arbitrary<Attributes> = fc.record({
  skills: fc.option(fc.array(token, { maxLength: 6 }), { nil: undefined }),
  years: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  city: fc.option(fc.constantFrom("Berlin", "Kyiv"), { nil: undefined }),
});

function indexOf(supplies: readonly Attributes[]): ListingIndex {
  const index = new ListingIndex(types.supply, { kind: "candidate", epoch: 1 });
  for (const [ordinal, attributes] of supplies.entries()) apply(index, ordinal, attributes);
  return index;
}

/** Ids run against the ordinals, so that a tie broken by ordinal would show. */
function apply(index: ListingIndex, ordinal: number, attributes: Attributes, version = 1): void {
  const id = `candidate-${String(900 - ordinal)}`;
  const visible = { owner: "agency", audience: "PUBLIC", audienceParties: [] } as const;
  index.apply({ ordinal, id, version, active: true, ...visible, attributes });
}

const bySupply = compiled({
  ...skillOverlap,
  source: { overlap: { ...skills, normalisation: "SUPPLY" } },
});
const byNothing = compiled({
  ...skillOverlap,
  source: { overlap: { ...skills, normalisation: "NONE", weighting: "UNIFORM" } },
  maxMillionths: 100_000_000,
});

test.each([
  ["every kind of feature", compiled(skillOverlap, yearsOver, sameCity)],
  ["overlap by the supply's weight", bySupply],
  ["overlap by itself", byNothing],
])("ranks as scoring and sorting pair by pair would: %s", (_, model) => {
  const demands = fc.array(side, { minLength: 1, maxLength: 3 });
  const ordinals = fc.uniqueArray(fc.nat(9));
  fc.assert(
    fc.property(
      fc.array(side, { maxLength: 8 }),
      demands,
      ordinals,
      ordinals,
      fc.integer({ min: 1, max: 6 }),
      fc.nat(2),
      (supplies, many, candidates, exclude, k, skip) => {
        const index = indexOf(supplies);
        const ranker = createRanker({ model, counterModel: bySupply, index, statistics });
        for (const demand of many) {
          const ranking = ranker.rank({
            demand,
            candidates: OrdinalSet.of(candidates),
            exclude: OrdinalSet.of(exclude),
            k,
            skip,
            now,
            explain: true,
          });
          const eligible = candidates.filter(
            (ordinal) => ordinal < supplies.length && !exclude.includes(ordinal),
          );
          const pairs = eligible.map((ordinal) => ({
            ordinal,
            pair: { supply: supplies[ordinal]!, demand, now },
          }));
          const expected = pairs
            .map(({ ordinal, pair }) => ({ ordinal, pair, score: scorePair(model, pair, statistics) }))
            .sort((a, b) => b.score - a.score || (index.idOf(a.ordinal)! < index.idOf(b.ordinal)! ? -1 : 1))
            .slice(skip, skip + k);
          expect([...ranking.ordinals]).toEqual(expected.map(({ ordinal }) => ordinal));
          expect([...ranking.scores]).toEqual(expected.map(({ score }) => score));
          expect([...ranking.counterScores!]).toEqual(
            expected.map(({ pair }) => scorePair(bySupply, pair, statistics)),
          );
          expect(ranking.explanations).toEqual(expected.map(({ pair }) => explain(model, pair, statistics)));
          expect(ranking.candidateCount).toBe(eligible.length);
        }
      },
    ),
  );
});

const everyone = OrdinalSet.of([0, 1, 2, 3]);

test("follows the index between calls, also into new tokens", () => {
  const index = indexOf([{ skills: ["sql"] }, { skills: ["go"] }]);
  const ranker = createRanker({ model: bySupply, index, statistics });
  const rank = () => [
    ...ranker.rank({ demand: { skills: ["sql", "new"] }, candidates: everyone, k: 4, now }).ordinals,
  ];
  expect(rank()).toEqual([0, 1]);
  for (let at = 0; at < 100; at++) apply(index, 2, { skills: [`token-${at}`, "new"] }, at + 1);
  apply(index, 1, { skills: ["new"] }, 2);
  expect(rank()).toEqual([1, 0, 2]);
  index.remove(1, 3);
  expect(rank()).toEqual([0, 2]);
});

test("has neither counter scores nor explanations that nobody asked for", () => {
  const ranking = createRanker({ model: bySupply, index: indexOf([{}]), statistics }).rank({
    demand: {},
    candidates: everyone,
    k: 1,
    now,
  });
  expect(ranking).toEqual({ ordinals: Uint32Array.of(0), scores: Int32Array.of(0), candidateCount: 1 });
});

test.each([
  [0, 0],
  [1.5, 0],
  [1, -1],
  [60_000, 40_001],
])("refuses k %d with skip %d", (k, skip) => {
  const ranker = createRanker({ model: bySupply, index: indexOf([]), statistics });
  expect(() => ranker.rank({ demand: {}, candidates: everyone, k, skip, now })).toThrow(
    expect.objectContaining({ reason: "LIMIT_INVALID" }),
  );
});

test("refuses a model whose statistics are missing", () => {
  expect(() => createRanker({ model: bySupply, index: indexOf([]), statistics: new Map() })).toThrow(
    expect.objectContaining({ reason: "STATISTICS_MISSING" }),
  );
});

test("collects statistics of several indexes: a listing counts once per token", () => {
  const supply = indexOf([{ skills: ["sql", "sql", "go"] }, { skills: ["sql"] }, {}]);
  const demand = new ListingIndex(types.demand, { kind: "job", epoch: 1 });
  apply(demand, 0, { skills: ["sql", "law"] });
  const counted = collectStatistics([
    { index: supply, attribute: "skills" },
    { index: demand, attribute: "skills" },
  ]);
  expect(counted).toEqual({
    documents: 4,
    frequencies: new Map([
      ["sql", 3],
      ["go", 1],
      ["law", 1],
    ]),
  });
  const collected: Statistics = new Map([[overlapKey(skills), counted]]);
  const pair = { supply: { skills: ["law"] }, demand: { skills: ["sql", "law"] }, now };
  const [sql, law] = [Math.round(1e6 * Math.log(4 / 3)), Math.round(1e6 * Math.log(4))];
  expect(scorePair(compiled(skillOverlap), pair, collected)).toBe(Math.floor((1e6 * law) / (sql + law)));
});

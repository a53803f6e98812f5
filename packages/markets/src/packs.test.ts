import { ListingIndex } from "@marketmesh/listing-index";
import { attributeTypes, compileRule, normaliseAttributes, specialise } from "@marketmesh/rules";
import { describe, expect, it } from "vitest";
import { type Pack, packNames, readPack } from "./pack.ts";
import { hash32 } from "./random.ts";
import type { ListingRow } from "./row.ts";
import { raceOf, readFacts, sampleOf } from "./sample/sample.ts";

const sizes: Readonly<Record<string, { supply: number; demand: number; openings: number }>> = {
  labor: { supply: 2_000, demand: 300, openings: 900 },
  goods: { supply: 2_200, demand: 3_000, openings: 3_000 },
  data: { supply: 100, demand: 500, openings: 500 },
};

describe.each(packNames())("the pack %s", (name) => {
  const pack = readPack(name);
  const sample = sampleOf(name, 1);

  it("is as large as its market promises", () => {
    const openings = sample.demand.reduce((sum, row) => sum + (row.capacity?.units ?? 1), 0);
    expect(sample.supply.length).toBeGreaterThanOrEqual(sizes[name]!.supply);
    expect(sample.demand.length).toBeGreaterThanOrEqual(sizes[name]!.demand);
    expect(openings).toBeGreaterThanOrEqual(sizes[name]!.openings);
  });

  it("gives the same sample for the same seed and another for another", () => {
    expect(sampleOf(name, 1)).toEqual(sample);
    expect(sampleOf(name, 2).supply).not.toEqual(sample.supply);
  });

  it("names each listing once and gives every listing an owner that is a party", () => {
    const rows = [...sample.supply, ...sample.demand];
    const parties = new Set(sample.parties.map(({ id }) => id));
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    expect(parties.size).toBe(sample.parties.length);
    expect(rows.filter(({ owner }) => !parties.has(owner!))).toEqual([]);
  });

  it("has demand that nobody fits, and fills at least a fifth even without backfill", () => {
    const { unfit, fillRate } = decideOnce(pack, sample.supply, sample.demand);
    expect(unfit).toBeGreaterThan(0);
    expect(fillRate).toBeGreaterThan(0.2);
  });
});

describe("the goods race", () => {
  it("has more buyers than pieces, one of which every buyer fits", () => {
    const race = raceOf("goods", 1)!;
    expect(race.demand.length).toBeGreaterThan(race.supply.length);
    const [best] = race.supply;
    const { unfit } = decideOnce(readPack("goods"), [best!], race.demand);
    expect(unfit).toBe(0);
  });
});

/** Each demand in turn takes eligible supply that is left and would accept: a floor for what the mesh reaches. */
function decideOnce(pack: Pack, supply: readonly ListingRow[], demand: readonly ListingRow[]) {
  const typesOf = (kind: string) => attributeTypes(pack.kinds.find((k) => k.kind === kind)!.schema);
  const supplyTypes = typesOf(pack.plan.supply);
  const demandTypes = typesOf(pack.plan.demand);
  if (!supplyTypes.ok || !demandTypes.ok) throw new Error("a schema has types that rules do not know");
  const sides = { supply: supplyTypes.types, demand: demandTypes.types };
  const rules = pack.policy.rules.map(({ expression: source }) => {
    const compiled = compileRule({ source, ...sides });
    if (!compiled.ok) throw new Error(`${source}: ${compiled.mistakes[0]!.message}`);
    return compiled.rule;
  });
  const index = new ListingIndex(sides.supply, { kind: pack.plan.supply, epoch: 1 });
  for (const [ordinal, row] of supply.entries()) {
    const attributes = valuesOf(sides.supply, row);
    index.apply({
      ordinal,
      id: row.id,
      version: 1,
      active: true,
      owner: row.owner!,
      audience: "PUBLIC",
      audienceParties: [],
      attributes,
    });
  }
  const now = Date.parse(readFacts(pack.pack).start);
  const { accept } = readFacts(pack.pack).answers;
  const left = supply.map(({ capacity }) =>
    capacity?.unlimited ? Number.POSITIVE_INFINITY : (capacity?.units ?? 1),
  );
  const counts = { unfit: 0, openings: 0, filled: 0 };
  for (const row of demand) {
    const residuals = rules.map((rule) => specialise(rule, "demand", valuesOf(sides.demand, row), now));
    const { set } = index.funnel(residuals);
    if (set.size === 0) counts.unfit += 1;
    const wanted = row.capacity?.units ?? 1;
    const takers = [...set].filter(
      (ordinal) => left[ordinal]! > 0 && hash32(row.id, ordinal) % 100 < accept * 100,
    );
    for (const ordinal of takers.slice(0, wanted)) left[ordinal]! -= 1;
    counts.openings += wanted;
    counts.filled += Math.min(wanted, takers.length);
  }
  return { unfit: counts.unfit, fillRate: counts.filled / counts.openings };
}

function valuesOf(types: Parameters<typeof normaliseAttributes>[0], row: ListingRow) {
  const normalised = normaliseAttributes(types, row.attributes);
  if (normalised.problems.length > 0) throw new Error(`${row.id}: ${normalised.problems[0]!.message}`);
  return normalised.attributes;
}

import { type Attributes, compileRule, type Residual, type SideTypes, specialise } from "@marketmesh/rules";
import { randomAttributes, randomNow, randomRule, randomTypes } from "@marketmesh/rules/random-rules";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Audience, type Counterpart, ListingIndex, type ListingRow, type Viewer } from "./index.ts";

const options = { kind: "item", epoch: 1 };

function rowOf(ordinal: number, attributes: Attributes = {}, over: Partial<ListingRow> = {}): ListingRow {
  const base = { ordinal, id: `listing-${ordinal}`, version: 1, active: true, owner: "o", attributes };
  return { ...base, audience: "PUBLIC", audienceParties: [], ...over };
}

function indexOf(...rows: readonly ListingRow[]): ListingIndex {
  const index = new ListingIndex(randomTypes, options);
  for (const row of rows) index.apply(row);
  return index;
}

function residualOf(source: string, demand: Attributes): Residual {
  const compiled = compileRule({ source, supply: randomTypes, demand: randomTypes });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.mistakes));
  return specialise(compiled.rule, "demand", demand, randomNow);
}

const everything: Residual = { op: "const", value: true };

describe("select", () => {
  const party = fc.constantFrom("p", "q", "r");
  const belonging = {
    owner: fc.constantFrom("", "p", "q", "r"),
    audience: fc.constantFrom<Audience>("PUBLIC", "PARTIES", "PRIVATE"),
    audienceParties: fc.uniqueArray(party, { maxLength: 2 }),
  };
  const write = fc.record({
    ordinal: fc.nat({ max: 80 }),
    version: fc.nat({ max: 6 }),
    remove: fc.boolean(),
    active: fc.boolean(),
    ...belonging,
    attributes: randomAttributes,
  });
  const viewer = fc.option(fc.record({ party }), { nil: undefined });
  const other = fc.option(fc.record(belonging), { nil: undefined });

  it("finds what every rule says row by row, after any writes, for any viewer and counterpart", () => {
    fc.assert(
      fc.property(
        fc.array(write, { maxLength: 120 }),
        fc.array(randomRule, { minLength: 1, maxLength: 3 }),
        randomAttributes,
        viewer,
        other,
        (writes, sources, demand, as, counterpart) => {
          const index = new ListingIndex(randomTypes, options);
          const held = heldAfter(writes, index);
          const rules = sources.map((source) => ruleOf(source));
          let left = [...held.values()].filter((row) => row.active && isVisible(row, as));
          for (const row of held.values()) {
            expect(index.isVisible(row.ordinal, as)).toBe(left.includes(row));
          }
          left = left.filter((row) => counterpart === undefined || seeEachOther(row, counterpart));
          const expected = { considered: left.length, remaining: [] as number[] };
          for (const rule of rules) {
            left = left.filter(
              (row) => rule.test({ supply: row.attributes, demand, now: randomNow }) === true,
            );
            expected.remaining.push(left.length);
          }
          const residuals = rules.map((rule) => specialise(rule, "demand", demand, randomNow));
          const { considered, remaining, set } = index.funnel(residuals, { viewer: as, counterpart });
          expect({ considered, remaining }, sources.join(" / ")).toEqual(expected);
          expect([...set]).toEqual(left.map(({ ordinal }) => ordinal).sort((a, b) => a - b));
        },
      ),
      { numRuns: 1_000, seed: 11 },
    );
  });

  it("is not moved by later writes", () => {
    const index = indexOf(rowOf(0), rowOf(1));
    const set = index.select(everything);
    index.remove(0, 2);
    expect([...set]).toEqual([0, 1]);
    expect([...index.select(everything)]).toEqual([1]);
  });

  it("refuses an attribute that is personal or unknown", () => {
    const types: SideTypes = new Map([["name", { type: "string", required: true, personal: true }]]);
    const index = new ListingIndex(types, options);
    index.apply(rowOf(0, { name: "Ada" }));
    expect(() => index.select({ op: "oneOf", attribute: "name", values: ["Ada"] })).toThrow(RangeError);
    expect(() => index.accessor("other")).toThrow(RangeError);
  });

  function ruleOf(source: string) {
    const compiled = compileRule({ source, supply: randomTypes, demand: randomTypes });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.mistakes));
    return compiled.rule;
  }
});

type Write = Omit<ListingRow, "id"> & { readonly remove: boolean };

/** The model: the last write of each row by version, and what the index says to each write. */
function heldAfter(writes: readonly Write[], index: ListingIndex): Map<number, ListingRow> {
  const held = new Map<number, ListingRow>();
  const versions = new Map<number, number>();
  for (const { remove, ...fields } of writes) {
    const row: ListingRow = { ...fields, id: `listing-${fields.ordinal}` };
    const stale = row.version <= (versions.get(row.ordinal) ?? -1);
    const applied = remove ? index.remove(row.ordinal, row.version) : index.apply(row);
    expect(applied).toBe(stale ? "stale" : "applied");
    if (stale) continue;
    versions.set(row.ordinal, row.version);
    if (remove) held.delete(row.ordinal);
    else held.set(row.ordinal, row);
  }
  expect(index.rows).toBe(held.size);
  return held;
}

function isVisible(row: ListingRow, viewer: Viewer | undefined): boolean {
  if (viewer === undefined || row.audience === "PUBLIC" || row.owner === viewer.party) return true;
  return row.audience === "PARTIES" && row.audienceParties.includes(viewer.party);
}

function seeEachOther(one: Counterpart, other: Counterpart): boolean {
  return sees(one.owner, other) && sees(other.owner, one);
}

function sees(party: string, { owner, audience, audienceParties }: Counterpart): boolean {
  if (party === "" || party === owner || audience === "PUBLIC") return true;
  return audience === "PARTIES" && audienceParties.includes(party);
}

describe("the index", () => {
  it("knows whose a listing is and who may see it, active or not", () => {
    const toTwo = { owner: "a", audience: "PARTIES", audienceParties: ["b", "c"] } as const;
    const toNone = { owner: "", audience: "PRIVATE", audienceParties: [] } as const;
    const index = indexOf(rowOf(0, {}, { ...toTwo, active: false }), rowOf(1, {}, toNone), rowOf(2));
    expect([0, 1, 2].map((row) => index.counterpart(row))).toEqual([
      toTwo,
      toNone,
      { owner: "o", audience: "PUBLIC", audienceParties: [] },
    ]);
    index.apply(rowOf(0, {}, { version: 2, owner: "b" }));
    expect(index.counterpart(0)).toEqual({ owner: "b", audience: "PUBLIC", audienceParties: [] });
  });

  it("reads back what was applied", () => {
    const attributes = { n: 1.5, s: "x", b: false, l: ["a", "a", "b"], k: [1, 2], t: 5 };
    const index = indexOf(rowOf(3, attributes));
    for (const [name, value] of Object.entries(attributes)) expect(index.accessor(name)(3)).toEqual(value);
    for (const name of ["m", "c"]) expect(index.accessor(name)(3)).toBeUndefined();
    expect([index.idOf(3), index.ordinalOf("listing-3"), index.versionOf(3), index.versionOf(2)]).toEqual([
      "listing-3",
      3,
      1,
      undefined,
    ]);
  });

  it("keeps lists apart while they grow, shrink and are compacted", () => {
    const index = new ListingIndex(randomTypes, options);
    const listOf = (row: number, round: number) =>
      Array.from({ length: (row * 7 + round * 13) % 40 }, (_, at) => `${row}-${at}`);
    for (let round = 0; round < 30; round++) {
      for (let row = 0; row < 50; row++)
        index.apply(rowOf(row, { l: listOf(row, round) }, { version: round + 1 }));
    }
    const read = index.accessor("l");
    for (let row = 0; row < 50; row++) expect(read(row)).toEqual(listOf(row, 29));
  });

  it("counts in how many active listings a value occurs", () => {
    const index = indexOf(
      rowOf(0, { l: ["a", "b", "a"] }),
      rowOf(1, { l: ["a"] }),
      rowOf(2, { l: ["a", "c"] }, { active: false }),
    );
    expect([...index.documentFrequencies("l")]).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
  });

  it("refuses an ordinal or an id that belongs to another listing, and stays as it was", () => {
    const index = indexOf(rowOf(0, { s: "x" }), rowOf(1));
    expect(() => index.apply(rowOf(0, {}, { id: "other", version: 9 }))).toThrow("belongs to another");
    expect(() => index.apply(rowOf(5, {}, { id: "listing-1" }))).toThrow("another ordinal");
    expect(() => index.apply(rowOf(-1))).toThrow(RangeError);
    expect(index.apply(rowOf(0, { s: "y" }, { version: 2 }))).toBe("applied");
    expect([...index.select(residualOf("supply.s == 'y'", {}))]).toEqual([0]);
  });
});

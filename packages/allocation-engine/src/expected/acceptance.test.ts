import { describe, expect, it } from "vitest";
import { bucketFactors, groupRates, learn, openGroup, unknownAcceptance } from "./acceptance.ts";
import { drawsOf } from "./draws.ts";

/** Plays waves of a thousand answers; the probability may depend on wave and score. */
function taught(waves: number, probability: (wave: number, score: number) => number) {
  const draw = drawsOf(5);
  let acceptance = openGroup(unknownAcceptance).acceptance;
  for (let wave = 0; wave < waves; wave++) {
    const observations = Array.from({ length: 1_000 }, () => {
      const score = Math.floor(draw() * 1e6);
      return { group: 0, score, accepted: draw() < probability(wave, score) };
    });
    acceptance = learn(acceptance, observations);
  }
  return acceptance;
}

describe("the acceptance model", () => {
  it("begins at a half and leaves what it was given as it was", () => {
    const { acceptance, group } = openGroup(unknownAcceptance);
    expect([group, ...groupRates(acceptance)]).toEqual([0, 0.5]);
    const before = structuredClone(acceptance);
    learn(acceptance, [{ group: 0, score: 1, accepted: true }]);
    expect(acceptance).toEqual(before);
  });

  it("comes near the rate behind the answers", () => {
    expect(groupRates(taught(50, () => 0.4))[0]).toBeCloseTo(0.4, 1);
    for (const factor of bucketFactors(taught(50, () => 0.4))) expect(factor).toBeCloseTo(1, 0);
  });

  it("follows a drift", () => {
    const [rate] = groupRates(taught(200, (wave) => (wave < 100 ? 0.2 : 0.6)));
    expect(rate).toBeGreaterThan(0.55);
    expect(rate).toBeLessThan(0.65);
  });

  it("sees that better pairs say yes more often", () => {
    const factors = bucketFactors(taught(200, (_, score) => (score < 500_000 ? 0.2 : 0.6)));
    expect(factors[0]).toBeLessThan(0.85);
    expect(factors[9]).toBeGreaterThan(1.15);
  });

  it("begins a new group where the last one is, and tells them apart by their answers", () => {
    const { acceptance, group } = openGroup(taught(50, () => 0.2));
    expect(groupRates(acceptance)[group]).toBeCloseTo(groupRates(acceptance)[0]!, 5);
    const answers = Array.from({ length: 200 }, () => ({ group, score: 5, accepted: true }));
    const [first, second] = groupRates(learn(acceptance, answers));
    expect(first).toBeLessThan(0.3);
    expect(second).toBeGreaterThan(0.85);
  });

  it("keeps a bounded number of groups", () => {
    let acceptance = unknownAcceptance;
    for (let count = 0; count < 1_000; count++) acceptance = openGroup(acceptance).acceptance;
    expect(acceptance.yes.length).toBe(256);
  });
});

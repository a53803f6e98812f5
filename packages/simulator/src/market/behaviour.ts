import { draw } from "../oracle/draw.ts";

/** How likely people say yes. Probabilities are 0 to 1, times seconds of market time. */
export type Yes =
  | { readonly kind: "INDEPENDENT"; readonly probability: number }
  /** `probability` at the middle of the scores, `slope` more at the highest than at the lowest. */
  | { readonly kind: "BY_SCORE"; readonly probability: number; readonly slope: number }
  /** `fallPerOffer` less for each offer that the supply got in the last `memory` seconds. */
  | {
      readonly kind: "CONGESTED";
      readonly probability: number;
      readonly fallPerOffer: number;
      readonly memory: number;
    }
  /** From `probability` at the start to `lastProbability` after `over` seconds, in a straight line. */
  | {
      readonly kind: "DRIFTING";
      readonly probability: number;
      readonly lastProbability: number;
      readonly over: number;
    };

/** How people answer, and whether they come. */
export interface Behaviour {
  readonly yes: Yes;
  /** The share of offers that nobody answers; 0 when absent. */
  readonly silence?: number;
  /** The share of those who said yes and do not come; 0 when absent. */
  readonly noShow?: number;
}

/** An offer as its answerer sees it. */
export interface Asked {
  readonly demandId: string;
  readonly supplyId: string;
  /** Where its score stands between the lowest (0) and the highest (1) of the market. */
  readonly standing: number;
  /** Seconds from the start. */
  readonly time: number;
  /** Offers that the supply got before, within the memory of the behaviour. */
  readonly recentOffers: number;
}

export type Answer = "YES" | "NO" | "SILENCE";

/**
 * What is answered. It belongs to the pair: U = draw(seed, "answer", supply, demand), yes if and only if U < p. So two plans that ask
 * the same pair under the same circumstances hear the same.
 */
export function answerTo({ yes, silence = 0 }: Behaviour, seed: number, asked: Asked): Answer {
  const { demandId, supplyId } = asked;
  if (draw(seed, "silence", supplyId, demandId) < silence) return "SILENCE";
  return draw(seed, "answer", supplyId, demandId) < probabilityOf(yes, asked) ? "YES" : "NO";
}

/** How likely one says yes, 0 to 1. */
export function probabilityOf(yes: Yes, { standing, time, recentOffers }: Asked): number {
  switch (yes.kind) {
    case "INDEPENDENT":
      return yes.probability;
    case "BY_SCORE":
      return clamped(yes.probability + yes.slope * (standing - 0.5));
    case "CONGESTED":
      return clamped(yes.probability - yes.fallPerOffer * recentOffers);
    case "DRIFTING":
      return yes.probability + (yes.lastProbability - yes.probability) * clamped(time / yes.over);
  }
}

/** After which part of its window an offer is answered, 0 to 1. */
export function answerDelay(
  seed: number,
  { demandId, supplyId }: Pick<Asked, "demandId" | "supplyId">,
): number {
  return draw(seed, "delay", supplyId, demandId);
}

/** Whether somebody who said yes does not come. */
export function staysAway(
  { noShow = 0 }: Behaviour,
  seed: number,
  demandId: string,
  supplyId: string,
): boolean {
  return draw(seed, "no-show", supplyId, demandId) < noShow;
}

/** How long offers are remembered. */
export function memoryOf({ yes }: Behaviour): number {
  return yes.kind === "CONGESTED" ? yes.memory : 0;
}

function clamped(value: number): number {
  return Math.min(1, Math.max(0, value));
}

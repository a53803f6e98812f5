/** Score buckets of the calibration: tenths of a score. */
const bucketCount = 10;
/** Demands that were first seen together share one probability; beyond this many groups late ones share the last. */
const groupsMax = 256;
/** What a group's rate is worth before its own answers: as many answers of the groups before it. */
const groupPrior = 20;
/** What a bucket's correction by 1 is worth: as many expected acceptances. */
const bucketPrior = 500;
/** How much of the evidence is kept from wave to wave. */
const kept = 0.97;

/**
 * What was learned from answers: a Beta posterior per group of demands that arrived together (older answers count less and less, so a
 * drift shows), times a correction by score, acceptances seen over acceptances expected. Plain data.
 */
export interface Acceptance {
  readonly yes: readonly number[];
  readonly asked: readonly number[];
  readonly bucketSeen: readonly number[];
  readonly bucketExpected: readonly number[];
}

/** Before anything was answered: a half, worth two answers. */
export const unknownAcceptance: Acceptance = {
  yes: [],
  asked: [],
  bucketSeen: new Array<number>(bucketCount).fill(0),
  bucketExpected: new Array<number>(bucketCount).fill(0),
};

/** The bucket of a score in millionths. */
export function bucketOf(score: number): number {
  return Math.min(bucketCount - 1, Math.max(0, Math.floor((score * bucketCount) / 1e6)));
}

/** Opens a group for demands seen for the first time. Answers its number. */
export function openGroup(acceptance: Acceptance): { acceptance: Acceptance; group: number } {
  const { yes, asked } = acceptance;
  if (yes.length >= groupsMax) return { acceptance, group: yes.length - 1 };
  return { acceptance: { ...acceptance, yes: [...yes, 0], asked: [...asked, 0] }, group: yes.length };
}

/**
 * The rate of every group: its own answers, shrunk towards the rate of the group before it (the first: a half). Newest groups
 * thereby begin where the last ones are.
 */
export function groupRates({ yes, asked }: Acceptance): number[] {
  const rates: number[] = [];
  let before = 0.5;
  for (const [group, count] of asked.entries()) {
    const prior = group === 0 ? 2 : groupPrior;
    before = (yes[group]! + prior * before) / (count + prior);
    rates.push(before);
  }
  return rates;
}

/** The correction of every score bucket: 1 where nothing is known. */
export function bucketFactors({ bucketSeen, bucketExpected }: Acceptance): number[] {
  return bucketSeen.map((seen, bucket) => (seen + bucketPrior) / (bucketExpected[bucket]! + bucketPrior));
}

/** One answer as the model sees it. */
export interface Observation {
  readonly group: number;
  /** In millionths. */
  readonly score: number;
  readonly accepted: boolean;
}

/** Takes one wave of answers in. */
export function learn(acceptance: Acceptance, observations: readonly Observation[]): Acceptance {
  if (observations.length === 0) return acceptance;
  const rates = groupRates(acceptance);
  const fade = (column: readonly number[]) => column.map((value) => value * kept);
  const [yes, asked] = [fade(acceptance.yes), fade(acceptance.asked)];
  const [bucketSeen, bucketExpected] = [fade(acceptance.bucketSeen), fade(acceptance.bucketExpected)];
  for (const { group, score, accepted } of observations) {
    const answer = accepted ? 1 : 0;
    yes[group]! += answer;
    asked[group]!++;
    bucketSeen[bucketOf(score)]! += answer;
    bucketExpected[bucketOf(score)]! += rates[group]!;
  }
  return { yes, asked, bucketSeen, bucketExpected };
}

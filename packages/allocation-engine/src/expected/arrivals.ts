/** When demands came, batch by batch. Plain data. */
export interface Arrivals {
  /** Demands seen so far, in the order of their first wave. */
  readonly seen: readonly number[];
  /** -1: nobody came yet. */
  readonly firstWave: number;
  readonly lastWave: number;
  /** Batches after the first, and the demands in them. */
  readonly batches: number;
  readonly later: number;
}

export const noArrivals: Arrivals = { seen: [], firstWave: -1, lastWave: 0, batches: 0, later: 0 };

export function arrive(arrivals: Arrivals, wave: number, demands: readonly number[]): Arrivals {
  if (demands.length === 0) return arrivals;
  const seen = [...arrivals.seen, ...demands];
  if (arrivals.firstWave < 0) return { seen, firstWave: wave, lastWave: wave, batches: 0, later: 0 };
  const { firstWave, batches, later } = arrivals;
  return { seen, firstWave, lastWave: wave, batches: batches + 1, later: later + demands.length };
}

/** Demands still to come before wave `waves`, if batches go on as they have: at the mean distance, of the mean size. */
export function expectedArrivals({ firstWave, lastWave, batches, later }: Arrivals, waves: number): number {
  if (batches === 0) return 0;
  const distance = (lastWave - firstWave) / batches;
  return Math.floor((waves - 1 - lastWave) / distance) * Math.round(later / batches);
}

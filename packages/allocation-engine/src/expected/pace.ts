import type { Acceptance } from "./acceptance.ts";
import type { ExpectedConfig } from "./config.ts";
import type { Residual } from "./residual.ts";
import { imaginedRows } from "./sample-world.ts";
import type { ExpectedState } from "./state.ts";

/** How much may be asked in one wave. */
export interface Pace {
  /** Offers at most. */
  readonly offersMax: number;
  /** Pairs of more expected regret are held back, in scores. */
  readonly regretMax: number;
}

const unbounded: Pace = { offersMax: Number.POSITIVE_INFINITY, regretMax: Number.POSITIVE_INFINITY };

/**
 * So few offers that every opening can be asked about before the last waves, since each answer makes the next offers better; in the
 * last waves, everything. While demands are still expected to come, and there is time, nearly nothing is given away under them.
 */
export function paceOf(residual: Residual, state: ExpectedState, config: ExpectedConfig): Pace {
  const wavesLeft = residual.waves - state.wave;
  const imagined = imaginedRows(state, residual);
  const shareOfRest = config.lastShare * (residual.waves - state.arrivals.lastWave);
  const lastWaves = imagined > 0 ? config.lastWavesMin : Math.max(config.lastWavesMin, shareOfRest);
  if (wavesLeft <= lastWaves) return unbounded;
  const openings = residual.demandLeft.reduce((sum, left) => sum + left, 0);
  const offers = openings / overallRate(state.acceptance);
  return {
    offersMax: Math.ceil(offers / (wavesLeft - lastWaves)),
    regretMax: imagined > 0 ? config.regretMaxWaiting : config.regretMax,
  };
}

function overallRate({ yes, asked }: Acceptance): number {
  const total = (column: readonly number[]) => column.reduce((sum, value) => sum + value, 0);
  return (total(yes) + 1) / (total(asked) + 2);
}

import { type ExpectedConfig, expectedDefaults } from "./config.ts";

/** How many rounds a plan will have, and the first that counts; waves are rounds. */
export interface PlannedRounds {
  readonly rounds: number;
  readonly from: number;
}

/** Fewer than `lastWavesMin`, so a round offers all it can, by least regret: nobody knows which round is the last. */
const lookAheadRounds = 10;
/** Rounds are far apart: each can afford as many worlds as the first one. */
const worldsPerWave = expectedDefaults.worldsFirst;
/** Who holds back lets what earlier rounds saw count for longer, and asks who is there though others are to come. */
const holdingBack: Partial<ExpectedConfig> = {
  forgetting: 0.06,
  regretMaxWaiting: expectedDefaults.regretMax,
};

/**
 * EXPECTED in rounds of a market that goes on: how far a round looks ahead, as `Residual.waves`, and what it does otherwise than
 * waves that have an end. Without a plan of rounds it offers all it can.
 */
export function roundsAhead(
  wave: number,
  planned: PlannedRounds | undefined,
): { readonly waves: number; readonly config: Partial<ExpectedConfig> } {
  const waves = Math.max(wave + lookAheadRounds, planned ? planned.from + planned.rounds : 0);
  return { waves, config: { worldsPerWave, ...(planned && holdingBack) } };
}

import { EngineError } from "../engine-error.ts";

/** What can be set about EXPECTED. The defaults are the one configuration that the outcome is measured with. */
export interface ExpectedConfig {
  /** Names the draws of the sampled worlds; equal seed, equal offers. */
  readonly seed: number;
  /** What a filled opening is worth beside its score, in scores (1 = the best score there can be). More fills more, at less value. */
  readonly fillBonus: number;
  /** Worlds sampled before the first offers, when nothing is known yet. */
  readonly worldsFirst: number;
  /** Worlds sampled in every later wave. */
  readonly worldsPerWave: number;
  /** How much of a pair's regret the newest world is, 0 to 1; below it the mean over all worlds so far. */
  readonly forgetting: number;
  /** A pair whose expected regret is above this, in scores, is held back until the last waves. */
  readonly regretMax: number;
  /** The same while more demands are expected in time: what they will want is known least. Below 0: nobody is asked before. */
  readonly regretMaxWaiting: number;
  /** The share of the waves after the last arrival, at the end, in which nothing is held back. */
  readonly lastShare: number;
  /** Such waves at least. */
  readonly lastWavesMin: number;
  /** Smallest step of a price, in scores: what a sampled world may be away from its optimum, per pair. */
  readonly priceStep: number;
  /** How much score decides between pairs of equal regret. */
  readonly scoreWeight: number;
  /** Open offers per open opening; above 1 asks more than there is room for, for capacity rules that allow it. */
  readonly offersPerOpening: number;
  /** What every earlier offer of a supply adds to its regret, in scores: spreads the asking over more supplies. */
  readonly exposureCost: number;
  /** How often one supply may be asked in all. */
  readonly asksPerSupplyMax: number;
}

export const expectedDefaults: ExpectedConfig = {
  seed: 1,
  fillBonus: 0.5,
  worldsFirst: 16,
  worldsPerWave: 2,
  forgetting: 0.15,
  regretMax: 0.03,
  regretMaxWaiting: -1,
  lastShare: 0.2,
  lastWavesMin: 12,
  priceStep: 0.01,
  scoreWeight: 0.001,
  offersPerOpening: 1,
  exposureCost: 0,
  asksPerSupplyMax: Number.MAX_SAFE_INTEGER,
};

const most = Number.MAX_SAFE_INTEGER;
/** Least and greatest of every setting. A step of 0 would let two rows bid for ever. */
const ranges: Readonly<Record<keyof ExpectedConfig, readonly [number, number]>> = {
  seed: [-most, most],
  fillBonus: [0, 10],
  worldsFirst: [1, 10_000],
  worldsPerWave: [1, 10_000],
  forgetting: [0, 1],
  regretMax: [0, most],
  regretMaxWaiting: [-most, most],
  lastShare: [0, 1],
  lastWavesMin: [0, most],
  priceStep: [1e-4, 1],
  scoreWeight: [0, 1],
  offersPerOpening: [1, 1_000],
  exposureCost: [0, 1],
  asksPerSupplyMax: [0, most],
};
const counts: ReadonlySet<string> = new Set(["seed", "worldsFirst", "worldsPerWave", "asksPerSupplyMax"]);

/** @throws EngineError PLAN_INVALID */
export function refuseBadConfig(config: ExpectedConfig): void {
  for (const [name, [low, high]] of Object.entries(ranges)) {
    const value = config[name as keyof ExpectedConfig];
    const whole = counts.has(name);
    if (value >= low && value <= high && (!whole || Number.isInteger(value))) continue;
    const kind = whole ? "a whole number" : "a number";
    throw new EngineError("PLAN_INVALID", `${name} is ${value}; allowed: ${kind} from ${low} to ${high}`);
  }
}

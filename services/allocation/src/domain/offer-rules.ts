/** What a plan says of its offers besides who answers and until when. */
export interface OfferRules {
  /** So many times an offer that came to nothing is replaced, one after the other; 0: never. */
  readonly backfillWavesMax: number;
  /** How long offers of later waves wait; absent: the acceptance window. */
  readonly waveWindowMs?: number;
  /** Open offers per unit that is wanted; 1: none is over. */
  readonly overOfferPerUnit: number;
  /** 0: nobody counters. */
  readonly counterRoundsMax: number;
  /** Whether who accepts too late joins the demand's waitlist. */
  readonly waitlist: boolean;
}

/** The rules as an offer keeps them: they hold as they were when it was made. */
export interface KeptRules extends OfferRules {
  /** How long it waits for its answer. */
  readonly windowMs: number;
  /** Whether a unit of the demand belongs to nobody until it is accepted, of this and the others that are open for it. */
  readonly over: boolean;
}

/** Whether an offer that came to nothing is replaced. */
export function isReplaced(rules: KeptRules | undefined, wave: number): rules is KeptRules {
  return rules !== undefined && wave <= rules.backfillWavesMax;
}

/** How long the offer that replaces another waits. */
export function nextWindowMs({ waveWindowMs, windowMs }: KeptRules): number {
  return waveWindowMs ?? windowMs;
}

/** Offers beyond those that a decision made, of a demand with so many open. */
export function surplusWanted({ overOfferPerUnit }: OfferRules, offers: number): number {
  return (overOfferPerUnit - 1) * offers;
}

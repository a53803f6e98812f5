import { VersionsChangedError } from "../mesh/rank.ts";
import { Undecided } from "./decide-batch.ts";
import type { JudgedBatch } from "./judge-batch.ts";

const spareFirst = 2;
/** Undone transactions of one request; each looks at more than the one before. */
const attemptsMax = 40;
const judgingsMax = 3;

/** Judges and decides, again from the start when a policy, a model or statistics changed in between. */
export async function untilJudgedAlike<T>(judgeAndDecide: () => Promise<T>): Promise<T> {
  for (let judgings = 1; ; judgings++) {
    try {
      return await judgeAndDecide();
    } catch (error) {
      if (!(error instanceof VersionsChangedError) || judgings === judgingsMax) throw error;
    }
  }
}

/** Whether a request ends with this because others were faster each time. */
export function isContended(error: unknown): boolean {
  return error instanceof Undecided || error instanceof VersionsChangedError;
}

/**
 * Runs the deciding transaction until it is through: with more supplies locked when others were faster, with more ranked
 * when the ranked ones are used up.
 */
export async function untilDecided<T>(
  judged: Pick<JudgedBatch, "rankMore">,
  onUndone: (why: "LOCK_MORE" | "RANK_MORE") => void,
  transaction: (spare: number) => Promise<T>,
): Promise<T> {
  let spare = spareFirst;
  for (let attempts = 1; ; attempts++) {
    try {
      return await transaction(spare);
    } catch (error) {
      if (!(error instanceof Undecided) || attempts === attemptsMax) throw error;
      onUndone(error.missing.kind);
      if (error.missing.kind === "LOCK_MORE") spare *= 4;
      else await judged.rankMore(error.missing.demands);
    }
  }
}

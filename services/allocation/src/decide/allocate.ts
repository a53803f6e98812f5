import { Undecided } from "./decide-batch.ts";
import type { JudgedBatch } from "./judge-batch.ts";

const spareFirst = 8;
/** Undone transactions of one request; each looks at more than the one before. */
const attemptsMax = 40;

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

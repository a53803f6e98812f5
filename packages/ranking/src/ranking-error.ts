/** Why a score cannot be computed although the model is valid. */
export type RankingErrorReason = "STATISTICS_MISSING" | "LIMIT_INVALID";

/** Thrown for inputs that do not go with the model; `reason` is stable. */
export class RankingError extends Error {
  readonly reason: RankingErrorReason;

  constructor(reason: RankingErrorReason, message: string) {
    super(message);
    this.name = "RankingError";
    this.reason = reason;
  }
}

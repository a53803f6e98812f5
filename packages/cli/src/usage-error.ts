/** A command that was called wrongly. The message says what is allowed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** How often a process may end by itself before it is given up. Times in milliseconds. */
export interface RestartPolicy {
  /** Ends within the window; one more and the process is given up. */
  readonly endsMax: number;
  readonly windowMs: number;
  /** The first delay; it doubles with every end within the window, up to `delayMsMax`. */
  readonly delayMsMin: number;
  readonly delayMsMax: number;
}

/** For a service that was ready once. */
export const RESTART_POLICY: RestartPolicy = {
  endsMax: 5,
  windowMs: 60_000,
  delayMsMin: 250,
  delayMsMax: 10_000,
};

/** For one that never was: it more likely has a mistake than bad luck, and a person waits for the message. */
export const FIRST_START_POLICY: RestartPolicy = { ...RESTART_POLICY, endsMax: 2 };

/** What to do after the last of these ends (their times, ascending): the delay of the next start, or giving up. */
export function afterEnd(
  endTimes: readonly number[],
  policy: RestartPolicy,
): { delayMs: number } | "give up" {
  const last = endTimes.at(-1) ?? 0;
  const recent = endTimes.filter((time) => time > last - policy.windowMs).length;
  if (recent > policy.endsMax) return "give up";
  return { delayMs: Math.min(policy.delayMsMin * 2 ** (recent - 1), policy.delayMsMax) };
}

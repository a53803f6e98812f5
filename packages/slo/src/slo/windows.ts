/** Windows of the recorded indicators, shortest first. */
export const sliWindows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const;

/** Only for what fails at once: availability. */
export const briefWindow = "1m";

/** From here on a window is the mean of the recorded 5-minute rates: reading days of raw samples again and again costs too much. */
export const meanFrom: ReadonlySet<string> = new Set(["1d", "3d"]);

/** A mean does not say how many calls there were: the wider windows count them in this one. */
export const longestCounted = "6h";

/** How fast a budget burns when it counts: both windows must see it, so that it is bad for long enough and bad now. */
export interface Burn {
  readonly short: string;
  readonly long: string;
  /** Times the rate that would use up the budget in exactly the period. */
  readonly factor: number;
}

/** Sloth's and the SRE workbook's: 2 % of a month's budget in an hour, 5 % in six. */
export const pageBurns: readonly Burn[] = [
  { short: "5m", long: "1h", factor: 14.4 },
  { short: "30m", long: "6h", factor: 6 },
];

/** 10 % of a month's budget in a day, or all of it at the end of the month. */
export const ticketBurns: readonly Burn[] = [
  { short: "2h", long: "1d", factor: 3 },
  { short: "6h", long: "3d", factor: 1 },
];

/**
 * 0.1 % of a month's budget in five minutes. Sloth has no window below the hour, in which 2 % of failures need 43 minutes to be
 * seen once the hour before was clean.
 */
export const fastBurn: Burn = { short: briefWindow, long: "5m", factor: 8.64 };

/** How long a fast burn must last: a blip of seconds has left the short window by then. */
export const fastBurnFor = "2m";

/** With fewer bad calls in the long window nobody is called: one failure of three is no trend. */
export const badCallsMin = 10;

/** Days over which a budget is counted. */
export const periodDays = 30;

/** `6h` is 21600. */
export function secondsOf(window: string): number {
  const unit = { m: 60, h: 3_600, d: 86_400 }[window.slice(-1)];
  if (unit === undefined) throw new Error(`${window} is not a window`);
  return Number(window.slice(0, -1)) * unit;
}

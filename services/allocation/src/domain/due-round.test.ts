import { expect, test } from "vitest";
import { dueRoundId, firstDue, lookAt } from "./due-round.ts";

const at = (seconds: number) => new Date(Date.UTC(2026, 2, 2) + seconds * 1_000);
const every = { mode: "SCHEDULED", intervalMs: 60_000 } as const;
const continuous = {
  mode: "CONTINUOUS",
  intervalMs: 10_000,
  minimumDemands: 3,
  maximumWaitMs: 120_000,
} as const;
const free = (nextTime: Date) => ({ nextTime, waitingSince: undefined });

test("a schedule begins an interval after its change, a continuous plan at once", () => {
  expect(firstDue(every, at(5))).toEqual(at(65));
  expect(firstDue(continuous, at(5))).toEqual(at(5));
});

test("ticks that passed unused are one round, and the next keeps the beat", () => {
  expect(lookAt(every, free(at(60)), 0, at(60))).toEqual({ begin: true, dueTime: at(60), nextTime: at(120) });
  expect(lookAt(every, free(at(60)), 0, at(359))).toEqual({
    begin: true,
    dueTime: at(300),
    nextTime: at(360),
  });
});

test.each([
  { news: 0, waiting: undefined, now: 0, begins: false, since: undefined },
  { news: 0, waiting: 5, now: 200, begins: false, since: undefined },
  { news: 2, waiting: undefined, now: 7, begins: false, since: 7 },
  { news: 2, waiting: 7, now: 126, begins: false, since: 7 },
  { news: 2, waiting: 7, now: 127, begins: true, since: undefined },
  { news: 3, waiting: undefined, now: 7, begins: true, since: undefined },
])("news of $news that waits since $waiting at $now", ({ news, waiting, now, begins, since }) => {
  const schedule = { nextTime: at(0), waitingSince: waiting === undefined ? undefined : at(waiting) };
  const look = lookAt(continuous, schedule, news, at(now));
  expect(look).toEqual(
    begins
      ? { begin: true, dueTime: at(now), nextTime: at(now + 10) }
      : { begin: false, waitingSince: since === undefined ? undefined : at(since) },
  );
});

test("a due round's id says plan and time, in letters that ids may have", () => {
  expect(dueRoundId("p", at(60))).toBe(dueRoundId("p", at(60)));
  expect(new Set([dueRoundId("p", at(60)), dueRoundId("q", at(60)), dueRoundId("p", at(120))]).size).toBe(3);
  expect(dueRoundId("x".repeat(63), at(60))).toMatch(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,62}$/);
});

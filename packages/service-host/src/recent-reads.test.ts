import { Code, ConnectError } from "@connectrpc/connect";
import { createLogger, createMetrics } from "@marketmesh/telemetry";
import { expect, test } from "vitest";
import { recentReads } from "./recent-reads.ts";

const away = () => Promise.reject(new ConnectError("the database is unavailable", Code.Unavailable));

function trial(patienceMs?: number) {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const write = (line: string) => lines.push(JSON.parse(line).msg);
  const log = createLogger({ service: "t", level: "info", write, now: () => new Date(0) });
  const metrics = createMetrics();
  const reads = recentReads({
    telemetry: { log, metrics },
    staleMaxMs: 60_000,
    nowMs: () => clock.ms,
    ...(patienceMs === undefined ? {} : { patienceMs }),
  });
  const recalled = () =>
    Number(/database_reads_recalled_total (\d+)/.exec(metrics.text("openmetrics"))?.[1] ?? 0);
  return { reads, lines, clock, recalled };
}

test("asks each time while the database answers, and says what it said last while it is away", async () => {
  const { reads, lines, clock, recalled } = trial();
  await expect(reads.read("a", away)).rejects.toMatchObject({ code: Code.Unavailable });
  expect(await reads.read("a", async () => 1)).toBe(1);
  expect(await reads.read("a", async () => 2)).toBe(2);
  expect(await reads.read("a", away)).toBe(2);
  clock.ms += 59_000;
  expect(await reads.read("a", away)).toBe(2);
  expect(recalled()).toBe(2);
  expect(await reads.read("a", async () => 3)).toBe(2);
  clock.ms += 1_000;
  expect(await reads.read("a", async () => 3)).toBe(3);
  expect(lines).toEqual(["the database is away: answering from memory", "the database answers again"]);
});

test("what is older than its bound, or was refused, is told to nobody", async () => {
  const { reads, clock } = trial();
  await reads.read("a", async () => 1);
  await expect(
    reads.read("a", () => Promise.reject(new ConnectError("no", Code.NotFound))),
  ).rejects.toMatchObject({ code: Code.NotFound });
  clock.ms += 60_001;
  await expect(reads.read("a", away)).rejects.toMatchObject({ code: Code.Unavailable });
});

test("a database that says nothing is waited for once in a second, by one call", async () => {
  const { reads, clock } = trial(20);
  await reads.read("a", async () => 1);
  let asked = 0;
  const silent = () => {
    asked += 1;
    return new Promise<number>(() => {});
  };
  expect(await reads.read("a", silent)).toBe(1);
  expect(await reads.read("a", silent)).toBe(1);
  expect(asked).toBe(1);
  clock.ms += 1_001;
  expect(await reads.read("a", silent)).toBe(1);
  expect(asked).toBe(2);
});

test("while it says nothing one of many calls at once waits, whatever the clock does meanwhile", async () => {
  const { reads, clock } = trial(50);
  await reads.read("a", async () => 1);
  await reads.read("a", away);
  const silent = Promise.withResolvers<number>();
  let asked = 0;
  const ask = () => {
    asked += 1;
    return silent.promise;
  };
  clock.ms += 1_001;
  const calls = Array.from({ length: 20 }, () => reads.read("a", ask));
  expect(asked).toBe(1);
  expect(await Promise.race(calls.slice(1))).toBe(1);
  expect(await Promise.all(calls)).toEqual(calls.map(() => 1));
  clock.ms += 500;
  expect(await reads.read("a", ask)).toBe(1);
  expect(asked).toBe(1);
});

test("a deadline or a full queue is answered from memory, and by itself takes nothing from the next call", async () => {
  const { reads, clock } = trial();
  await reads.read("a", async () => 1);
  for (const code of [Code.DeadlineExceeded, Code.ResourceExhausted]) {
    expect(await reads.read("a", () => Promise.reject(new ConnectError("no", code)))).toBe(1);
    expect(await reads.read("a", async () => code)).toBe(code);
    await reads.read("a", async () => 1);
  }
  const slow = async () => {
    clock.ms += 600;
    throw new ConnectError("no", Code.DeadlineExceeded);
  };
  expect(await reads.read("a", slow)).toBe(1);
  expect(await reads.read("a", async () => 2)).toBe(1);
});

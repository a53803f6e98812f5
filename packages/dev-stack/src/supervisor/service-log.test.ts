import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isAlarming, ProcessLog, readableLine } from "./service-log.ts";

const line = (level: string) =>
  JSON.stringify({ time: "2026-01-02T03:04:05.678Z", level, service: "s", msg: "m", a: 1 });

test("a log line becomes one that people read; anything else stays", () => {
  expect(readableLine("catalog", line("warn"))).toBe("03:04:05.678 WARN  catalog      m a=1");
  expect(readableLine("catalog", "Error: boom")).toBe("catalog      Error: boom");
  expect(readableLine("catalog", "{not json")).toBe("catalog      {not json");
});

test("warnings, errors and crashes are for the terminal; the rest is for the file", () => {
  expect(["debug", "info", "warn", "error"].map((level) => isAlarming(line(level)))).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect(isAlarming("Error: boom")).toBe(true);
  expect(isAlarming("")).toBe(false);
});

test("a log file is bounded, and the last lines stay at hand", () => {
  const folder = mkdtempSync(join(tmpdir(), "marketmesh-log-"));
  const log = new ProcessLog(folder, "noisy");
  const long = "x".repeat(60_000);
  for (let i = 0; i < 700; i++) log.add(`${i} ${long}`); // 42 MB
  log.close();
  const sizes = [log.path, `${log.path}.1`].map((path) => statSync(path).size);
  expect(Math.max(...sizes)).toBeLessThan(17 * 2 ** 20);
  expect(readFileSync(log.path, "utf8").trimEnd().split("\n").at(-1)).toMatch(/^699 /);
  expect(log.lastLines()).toHaveLength(30);
  rmSync(folder, { recursive: true });
});

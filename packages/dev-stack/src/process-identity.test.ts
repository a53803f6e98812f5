import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { endProcess, identify, isAlive } from "./process-identity.ts";

test("a pid with another start time is another process", () => {
  const me = identify(process.pid);
  expect(isAlive(me)).toBe(true);
  expect(isAlive({ ...me, startTime: "1" })).toBe(false);
});

test("a process that ignores the first signal gets the next", async () => {
  const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); process.stdout.write("up")';
  const child = spawn(process.execPath, ["-e", stubborn], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const identity = identify(child.pid!);
  const ended = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  await endProcess(identity, ["SIGTERM", "SIGKILL"], 200);
  expect(await ended).toBe("SIGKILL");
  expect(isAlive(identity)).toBe(false);
});

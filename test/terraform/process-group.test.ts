import { expect, test } from "vitest";
import { runGroup } from "./process-group.ts";

test("what a program started ends with it", async () => {
  const controller = new AbortController();
  // A program that waits for what it started, and is ended meanwhile: its output closes when nobody holds it any more.
  const running = runGroup("sh", ["-c", "sleep 60 & wait"], { signal: controller.signal });
  controller.abort();
  expect((await running).code).toBeUndefined();
});

test("a program that fails tells its code and what it said", async () => {
  const { signal } = new AbortController();
  const finished = await runGroup("sh", ["-c", "echo said; echo wrong >&2; exit 3"], { signal });
  expect(finished).toEqual({ code: 3, stdout: "said\n", stderr: "wrong\n" });
});

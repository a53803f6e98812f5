import { afterEach, expect, test, vi } from "vitest";
import { StackProblem } from "../problem.ts";
import { failing, type Step } from "./step.ts";

afterEach(() => vi.restoreAllMocks());

test("steps run at once, each one's output stays together, and what cannot be done has failed", async () => {
  const written: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  let end: (() => void) | undefined;
  const slow: Step = {
    name: "slow",
    run: async (say) => {
      say("begins\n");
      await new Promise<void>((resolve) => (end = resolve));
      say("ends\n");
      return true;
    },
  };
  const quick: Step = {
    name: "quick",
    run: () => {
      end?.();
      return false;
    },
  };
  const broken: Step = {
    name: "broken",
    run: () => Promise.reject(new StackProblem("NO_TOOL", "it lacks", "get it")),
  };
  expect((await failing([slow, quick, broken])).map(({ name }) => name)).toEqual(["quick", "broken"]);
  const output = written.join("");
  expect(output).toContain("begins\nends\nok   slow");
  expect(output).toContain("FAIL quick");
  expect(output).toContain("NO_TOOL: it lacks\n  What to do: get it\nFAIL broken");
});

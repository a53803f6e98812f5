import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TestSpecification, Vitest } from "vitest/node";
import { checkoutDir } from "../state-folder.ts";
import { LONGEST, LongestFirst } from "./longest-first.ts";

test("names files that there are, each once", () => {
  expect(LONGEST.filter((path) => !existsSync(join(checkoutDir, path)))).toEqual([]);
  expect(new Set(LONGEST).size).toBe(LONGEST.length);
});

test("begins with the longest, and leaves the files that share a worker to the end", async () => {
  const vitest = {
    config: { root: checkoutDir },
    cache: { getTestSpecificationResult: () => ({ failed: false, duration: 1 }) },
  } as unknown as Vitest;
  const project = (name: string, isolate: boolean) => ({
    name,
    vitest,
    config: { isolate, sequence: { groupOrder: 0 } },
  });
  const [units, whole] = [project("a", false), project("b", true)];
  const spec = (path: string, of: object) =>
    ({ moduleId: join(checkoutDir, path), project: of }) as unknown as TestSpecification;
  const files = [
    spec("packages/a/src/a.test.ts", units),
    spec("packages/a/test/b.test.ts", whole),
    spec(LONGEST[1]!, whole),
    spec(LONGEST[0]!, whole),
  ];
  const sorted = await new LongestFirst(vitest).sort(files);
  expect(sorted).toEqual([files[3], files[2], files[1], files[0]]);
});

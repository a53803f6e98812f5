import fc from "fast-check";
import { expect, test } from "vitest";
import { parseWorkflow } from "../engine.ts";
import { body } from "../testing/random-workflows.ts";
import { anyMethod } from "../testing/samples.ts";

const head = { dsl: "1.0.0", namespace: "t", name: "t", version: "1.0.0" };

/** Parses; answers problems that all have a place in the source. */
function problemsOf(source: string): number {
  const parsed = parseWorkflow(source, anyMethod);
  if (parsed.ok) return 0;
  expect(parsed.problems.length).toBeGreaterThan(0);
  for (const { line, column, reason, message } of parsed.problems) {
    expect([line >= 1, column >= 1, reason !== "", message !== ""]).toEqual([true, true, true, true]);
  }
  return parsed.problems.length;
}

test("no text makes the parser throw", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 200 }), fc.json(), fc.string({ unit: "binary" })), (text) => {
      problemsOf(text);
    }),
    { numRuns: 100, seed: 5 },
  );
});

test("no definition with a part replaced by another value makes the parser throw", () => {
  fc.assert(
    fc.property(body, fc.nat(), fc.jsonValue({ maxDepth: 2 }), (text, pick, value) => {
      const tasks = JSON.parse(text.slice("do: ".length)) as unknown;
      const places: [Record<string, unknown>, string][] = [];
      collect(tasks, places);
      const [holder, key] = places[pick % places.length]!;
      holder[key] = value;
      problemsOf(JSON.stringify({ document: head, evaluate: { language: "cel" }, do: tasks }));
    }),
    { numRuns: 100, seed: 6 },
  );
});

function collect(value: unknown, places: [Record<string, unknown>, string][]): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    places.push([value as Record<string, unknown>, key]);
    collect(inner, places);
  }
}

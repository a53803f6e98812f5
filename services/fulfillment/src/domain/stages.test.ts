import { expect, test } from "vitest";
import { stageOf, stagesOf } from "./stages.ts";

const entry = (step: number, ...moves: [task: string, move: "entered" | "left", timeMs: number][]) => ({
  step,
  event: null,
  effects: [],
  moves: moves.map(([task, move, timeMs]) => ({ task, move, timeMs })),
});

test("a stage is a task at the top level", () => {
  expect(stageOf("/do/0/prepare")).toBe("prepare");
  expect(stageOf("/do/3/a~1b~0c")).toBe("a/b~c");
  expect(stageOf("/do/0/prepare/do/1/ask")).toBeUndefined();
});

test("visits and leaves are told apart by the step that entered", () => {
  const { visits, leaves } = stagesOf([
    entry(
      4,
      ["/do/0/ask/do/0/x", "left", 5],
      ["/do/0/ask", "left", 5],
      ["/do/1/tell", "entered", 5],
      ["/do/1/tell", "left", 6],
    ),
    entry(5, ["/do/0/ask", "entered", 7]),
  ]);
  expect(leaves).toEqual([{ stage: "ask", leaveMs: 5 }]);
  expect(visits).toEqual([
    { stage: "tell", step: 4, place: 2, enterMs: 5, leaveMs: 6 },
    { stage: "ask", step: 5, place: 0, enterMs: 7, leaveMs: undefined },
  ]);
});

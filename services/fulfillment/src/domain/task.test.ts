import { describe, expect, test } from "vitest";
import { claim, complete, end, release, type Task } from "./task.ts";

const open: Task = {
  id: "t",
  run: "r",
  type: "sign",
  party: "",
  subject: "",
  data: undefined,
  result: undefined,
  state: "OPEN",
  claimant: "",
  dueMs: 100,
  version: 1,
  createMs: 10,
  endMs: undefined,
};
const ann = { principal: "ann", isStaff: false };
const bob = { principal: "bob", isStaff: false };
const staff = { principal: "staff", isStaff: true };
const claimed: Task = { ...open, state: "CLAIMED", claimant: "ann", version: 2 };
const done: Task = { ...open, state: "COMPLETED", result: { a: 1, b: [2] }, version: 2, endMs: 50 };

describe("a task", () => {
  test.each([
    ["is claimed", claim(open, ann), { kind: "changed", task: claimed }],
    ["is claimed again by the same", claim(claimed, ann), { kind: "unchanged" }],
    [
      "is not claimed from another, not even by staff",
      claim(claimed, staff),
      { kind: "refused", reason: "TASK_CLAIMED" },
    ],
    ["is not claimed when done", claim(done, ann), { kind: "refused", reason: "TASK_ENDED" }],
    [
      "is given back",
      release(claimed, ann),
      { kind: "changed", task: { state: "OPEN", claimant: "", version: 3 } },
    ],
    ["is given back by staff", release(claimed, staff), { kind: "changed" }],
    ["is not given back by another", release(claimed, bob), { kind: "refused", reason: "TASK_CLAIMED" }],
    ["that is open needs no giving back", release(open, bob), { kind: "unchanged" }],
    [
      "is completed",
      complete(open, bob, { x: 1 }, 50),
      { kind: "changed", task: { state: "COMPLETED", endMs: 50, result: { x: 1 } } },
    ],
    ["is completed at the last moment", complete(open, bob, undefined, 100), { kind: "changed" }],
    [
      "is not completed after that",
      complete(open, bob, undefined, 101),
      { kind: "refused", reason: "TASK_ENDED" },
    ],
    [
      "is not completed before it was made",
      complete(open, bob, undefined, 5),
      { kind: "changed", task: { endMs: 10 } },
    ],
    [
      "is not completed by another",
      complete(claimed, bob, undefined, 50),
      { kind: "refused", reason: "TASK_CLAIMED" },
    ],
    ["is completed by staff", complete(claimed, staff, undefined, 50), { kind: "changed" }],
    ["is completed twice with the same", complete(done, bob, { b: [2], a: 1 }, 60), { kind: "unchanged" }],
    [
      "is not completed twice with another",
      complete(done, bob, { a: 2 }, 60),
      { kind: "refused", reason: "TASK_ENDED" },
    ],
  ])("%s", (_, decision, expected) => expect(decision).toMatchObject(expected));

  test("ends when its time runs out", () => {
    expect(end(claimed, "EXPIRED", 100)).toMatchObject({ state: "EXPIRED", endMs: 100, version: 3 });
  });
});

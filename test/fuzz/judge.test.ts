import { Code } from "@connectrpc/connect";
import { AllocationService } from "@marketmesh/contracts/allocation/v1";
import { expect, it } from "vitest";
import { loadContracts, rpcsOf } from "./contracts.ts";
import { judge } from "./judge.ts";
import type { FuzzRequest, Outcome } from "./request.ts";

const contracts = loadContracts(process.cwd());
const [rpc] = rpcsOf(contracts, "allocation", AllocationService.typeName);
const request = { rpc, messages: [], mayTimeOut: false, timeoutMs: 1_000 } as unknown as FuzzRequest;
const base = {
  kind: "refused",
  domain: "allocation.marketmesh",
  namesField: true,
  message: "",
  byClient: false,
};
const judged = (outcome: object, changed: object = {}) =>
  judge(contracts, { ...request, ...changed } as FuzzRequest, { ...base, ...outcome } as unknown as Outcome);

it.each([
  ["a reason of its own", { code: Code.NotFound, reason: "PLAN_NOT_FOUND" }],
  ["a reason of every service", { code: Code.InvalidArgument, reason: "VALIDATION_FAILED" }],
])("lets a refusal pass that names %s", (_, outcome) => {
  expect(judged(outcome)).toBeUndefined();
});

it.each([
  ["INTERNAL (INTERNAL)", { code: Code.Internal, reason: "INTERNAL" }],
  ["NOT_FOUND without ErrorInfo", { code: Code.NotFound }],
  ["NOT_FOUND (NOPE): no such reason in an ErrorReason", { code: Code.NotFound, reason: "NOPE" }],
  ["ABORTED (PLAN_NOT_FOUND): the reason is for NOT_FOUND", { code: Code.Aborted, reason: "PLAN_NOT_FOUND" }],
  [
    "INVALID_ARGUMENT (NAME_INVALID) names no field",
    { code: Code.InvalidArgument, reason: "NAME_INVALID", namesField: false },
  ],
  ["no answer within its deadline of 1000 ms", { code: Code.DeadlineExceeded, reason: "DEADLINE_EXCEEDED" }],
  ["no answer: reset", { kind: "broken", problem: "reset" }],
  ["HTTP 500: x", { kind: "http", status: 500, body: "x" }],
  ["an answer of more than 4194304 bytes", { kind: "ok", answers: [], bytesMax: 5_000_000 }],
])("finds: %s", (text, outcome) => {
  expect(judged(outcome)).toBe(text);
});

it("finds that a caller who may not was answered", () => {
  const outcome = { kind: "ok", answers: [], bytesMax: 1 };
  expect(judged(outcome, { mustBeRefused: true, who: "forged" })).toBe("answered forged, who may not");
});

import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { infoOf, problem } from "../problem.ts";
import { describeTransportError, refusalOf } from "./refusal.ts";

const told = (cause: unknown) => {
  const { error, unexpected } = refusalOf(cause, "catalog.marketmesh", "r-1");
  return { code: Code[error.code], reason: infoOf(error)?.reason, message: error.rawMessage, unexpected };
};
const fromBelow = (code: Code) => Object.assign(new ConnectError("below", code), { isWireError: true });

test("a problem passes as it is", () => {
  const cause = problem(Code.Aborted, "ETAG_MISMATCH", "stale", { domain: "catalog.marketmesh" });
  expect(refusalOf(cause, "catalog.marketmesh", "r-1")).toEqual({ error: cause, unexpected: false });
});

test.each([
  [new TypeError("x is undefined")],
  ["a string"],
  [undefined],
  [new ConnectError("details of a fault", Code.Internal)],
  [fromBelow(Code.Internal)],
  [fromBelow(Code.Unauthenticated)],
])("a fault is told as internal and belongs in the log: %s", (cause) => {
  expect(told(cause)).toEqual({
    code: "Internal",
    reason: "INTERNAL",
    message: "internal",
    unexpected: true,
  });
});

test("an error without a reason gets one", () => {
  expect(told(new ConnectError("gone", Code.FailedPrecondition))).toMatchObject({
    code: "FailedPrecondition",
    reason: "FAILED_PRECONDITION",
    unexpected: false,
  });
  expect(told(new ConnectError("late", Code.DeadlineExceeded)).reason).toBe("DEADLINE_EXCEEDED");
  expect(told(new ConnectError("raced", Code.Aborted))).toMatchObject({
    code: "Aborted",
    reason: "TRANSACTION_CONFLICT",
    unexpected: false,
  });
});

test("what another service refuses for a reason of the request passes on", () => {
  expect(told(fromBelow(Code.NotFound))).toMatchObject({ code: "NotFound", unexpected: false });
});

test("a message that was cut within a character can be written", () => {
  const cut = "\u{1f600}".slice(0, 1);
  expect(told(problem(Code.InvalidArgument, "NAME_INVALID", `no name: ${cut}`)).message).toBe(
    "no name: \ufffd",
  );
  const unread = new ConnectError(`no JSON: ${cut}`, Code.InvalidArgument);
  describeTransportError(unread, "catalog.marketmesh", 100);
  expect([unread.rawMessage, unread.message]).toEqual([
    "no JSON: \ufffd",
    "[invalid_argument] no JSON: \ufffd",
  ]);
});

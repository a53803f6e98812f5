import { CreateRoundRequestSchema } from "@marketmesh/contracts/allocation/v1";
import { CreateTaskRequestSchema } from "@marketmesh/contracts/fulfillment/v1";
import { expect, test } from "vitest";
import { checkRequest } from "./check-request.ts";

test.each([
  ["expressions stand as undefined", { parent: undefined, task: { type: undefined } }, []],
  ["names as in JSON or in proto", { market_time: "2026-01-01T00:00:00Z", requestId: "x" }, []],
  ["a field that is not there", { task: { tpye: "x" } }, ["/task/tpye"]],
  ["a number for a text", { task: { type: 7 } }, ["/task/type"]],
  ["a text for a message", { task: "sign" }, ["/task"]],
  ["a number for a time", { task: { dueTime: 7 } }, ["/task/dueTime"]],
  ["a text for a struct", { task: { data: "x" } }, ["/task/data"]],
  ["a word that an enum has not", { task: { state: "STATE_ASLEEP" } }, ["/task/state"]],
  ["a word that an enum has", { task: { state: "STATE_OPEN" } }, []],
  ["a text for a number", { task: { version: "many" } }, ["/task/version"]],
])("%s", (_, request, paths) => {
  expect(checkRequest(CreateTaskRequestSchema, request).map(({ path }) => path)).toEqual(paths);
});

test("what is no object is no request", () => {
  expect(checkRequest(CreateRoundRequestSchema, ["x"])).toMatchObject([{ path: "" }]);
});

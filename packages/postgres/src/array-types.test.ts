import { expect, test } from "vitest";
import { arrayTypes, parseArray } from "./array-types.ts";

test.each([
  [[]],
  [["a", "b"]],
  [['"', "\\", '\\"', "{", "}", ",", "\n"]],
  [["NULL", null, "", "null"]],
  [["\u{1f600}"]],
])("what is written is what is read: %j", (given) => {
  expect(arrayTypes.text.parse(arrayTypes.text.serialize(given) as string)).toEqual(given);
});

test("reads elements as Postgres writes them: bare where it can", () => {
  expect(parseArray("{}", String)).toEqual([]);
  expect(parseArray("{1,-2,NULL}", Number)).toEqual([1, -2, null]);
  expect(parseArray('{berlin,"a b",NULL,"NULL"}', String)).toEqual(["berlin", "a b", null, "NULL"]);
});

import { expect, test } from "vitest";
import { plainHeaders } from "./headers.ts";

test.each<[what: string, ConstructorParameters<typeof Headers>[0]]>([
  ["a record", { "X-Name": "a b", empty: "" }],
  ["pairs", [["X-Name", "a"]]],
  ["Headers", new Headers({ "x-name": "a" })],
  [
    "a name that comes twice",
    [
      ["x-name", "a"],
      ["X-Name", "b"],
    ],
  ],
  ["spaces around a value", { "x-name": " a\t" }],
  ["what is not ASCII", { "x-name": "\u00e9" }],
])("%s is told as Headers tell it", (_, given) => {
  expect(plainHeaders(given)).toEqual(Object.fromEntries(new Headers(given)));
});

test.each(["a\0\0authorization\0Bearer x", "a\r\nauthorization: Bearer x", "\u20ac"])(
  "%j is no header",
  (value) => {
    expect(() => plainHeaders({ "x-name": value })).toThrow(TypeError);
  },
);

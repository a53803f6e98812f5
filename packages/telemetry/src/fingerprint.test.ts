import { expect, test } from "vitest";
import { fingerprintOf } from "./fingerprint.ts";

function failsWith(message: string): Error {
  return new TypeError(message);
}
function failsElsewhere(): Error {
  return new TypeError("x");
}

test("a fault is called the same whatever its message says, and another is called otherwise", () => {
  expect(fingerprintOf(failsWith("ann@example.org"))).toBe("TypeError failsWith fingerprint.test.ts");
  expect(fingerprintOf(failsWith("bob@example.org"))).toBe(fingerprintOf(failsWith("")));
  expect(fingerprintOf(failsElsewhere())).not.toBe(fingerprintOf(failsWith("x")));
  const wrapped = new Error("call failed", { cause: failsWith("x") });
  expect(fingerprintOf(wrapped)).toBe("TypeError failsWith fingerprint.test.ts");
});

test("frames of libraries are passed over, what has no frames is called by its name", () => {
  const error = new RangeError("x");
  error.stack =
    "RangeError: x\n    at send (/app/node_modules/lib/a.js:1:2)\n    at async Store.load (file:///app/main.mjs:10:20)";
  expect(fingerprintOf(error)).toBe("RangeError Store.load main.mjs");
  error.stack = "RangeError: x";
  expect(fingerprintOf(error)).toBe("RangeError");
  expect(fingerprintOf("text")).toBe("string");
});

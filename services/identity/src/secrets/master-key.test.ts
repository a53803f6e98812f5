import { expect, test } from "vitest";
import { looksLikeSecret } from "../domain/api-key.ts";
import { newSecret } from "./api-key-secret.ts";
import { masterKeyOf } from "./master-key.ts";

const key = masterKeyOf("0a".repeat(32));
const secret = Buffer.from("a secret of some length");

test("opens what it sealed, never twice the same", () => {
  const sealed = key.seal(secret, "place");
  expect(key.open(sealed, "place")).toEqual(secret);
  expect(key.seal(secret, "place")).not.toEqual(sealed);
  expect(sealed.includes(secret)).toBe(false);
});

test("does not open what was altered, moved or sealed under another key", () => {
  const sealed = key.seal(secret, "place");
  const refusal = "IDENTITY_MASTER_KEY does not open";
  for (let at = 0; at < sealed.length; at++) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(() => key.open(altered, "place")).toThrow(refusal);
  }
  expect(() => key.open(sealed, "elsewhere")).toThrow(refusal);
  expect(() => masterKeyOf("0b".repeat(32)).open(sealed, "place")).toThrow(refusal);
  expect(() => key.open(sealed.subarray(0, 20), "place")).toThrow(refusal);
  expect(() => masterKeyOf("abc")).toThrow("64 hexadecimal");
});

test("every new secret has the form of one", () => {
  for (let n = 0; n < 200; n++) expect(looksLikeSecret(newSecret())).toBe(true);
  for (const wrong of [
    "",
    "mmk_",
    `mmk_${"A".repeat(42)}`,
    `mmk_${"A".repeat(42)}B`,
    `MMK_${"A".repeat(43)}`,
  ]) {
    expect(looksLikeSecret(wrong)).toBe(false);
  }
});

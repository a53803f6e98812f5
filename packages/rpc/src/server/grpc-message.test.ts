import { expect, test } from "vitest";
import { withPlainMessage } from "./grpc-message.ts";

test.each([
  ["id: does not match `^[A-Z]{0,62}$`", "id: does not match `^[A-Z]{0,62}$`"],
  ["100 % of Zürich", "100 %25 of Z%C3%BCrich"],
  ["two\nlines, 👩‍🚀", "two%0Alines, %F0%9F%91%A9%E2%80%8D%F0%9F%9A%80"],
])("%j is sent as %j", (message, sent) => {
  const trailer = new Headers();
  const answer = withPlainMessage({ status: 200, trailer });
  // As the transport does, at the end of the body.
  trailer.set("grpc-message", encodeURIComponent(message));
  expect(answer.trailer?.get("grpc-message")).toBe(sent);
});

test("an answer without a message stays as it is", () => {
  const trailer = new Headers({ "grpc-status": "0" });
  expect([...withPlainMessage({ status: 200, trailer }).trailer!]).toEqual([["grpc-status", "0"]]);
  expect(withPlainMessage({ status: 200 }).trailer).toBeUndefined();
});

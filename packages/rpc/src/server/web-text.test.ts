import type { UniversalHandlerFn, UniversalServerRequest } from "@connectrpc/connect/protocol";
import { expect, test } from "vitest";
import { isWebText, speakingText } from "./web-text.ts";

async function* chunksOf(texts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text, "latin1");
}

function requestOf(texts: readonly string[]): UniversalServerRequest {
  return {
    httpVersion: "1.1",
    method: "POST",
    url: "http://127.0.0.1/any",
    header: new Headers({ "content-type": "application/grpc-web-text" }),
    body: chunksOf(texts),
    signal: AbortSignal.timeout(5_000),
  };
}

/** Answers with what it reads, chunk by chunk. */
const echo: UniversalHandlerFn = async ({ header, body }) => ({
  status: 200,
  header: new Headers({ "content-type": "application/grpc-web+proto", seen: header.get("content-type")! }),
  body: body as AsyncIterable<Uint8Array>,
});

async function textOf(body: AsyncIterable<Uint8Array> | undefined): Promise<string> {
  const chunks = await Array.fromAsync(body ?? []);
  return Buffer.concat(chunks).toString("latin1");
}

test.each([
  ["application/grpc-web-text", true],
  ["application/grpc-web-text+proto", true],
  ["application/grpc-web+proto", false],
  ["application/grpc-web-textual", false],
  [undefined, false],
])("%s is the text form: %s", (type, yes) => {
  expect(isWebText(type)).toBe(yes);
});

test("bytes come and go as base64, whatever the chunks they come in", async () => {
  const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, at) => (at * 7) % 256));
  const text = bytes.toString("base64");
  const pieces = [text.slice(0, 1), text.slice(1, 2), text.slice(2, 7), text.slice(7)];
  const answer = await speakingText(echo)(requestOf(pieces));
  expect(answer.header?.get("content-type")).toBe("application/grpc-web-text+proto");
  expect(answer.header?.get("seen")).toBe("application/grpc-web+proto");
  const parts = (await textOf(answer.body)).match(/[^=]+=*/g) ?? [];
  expect(Buffer.concat(parts.map((part) => Buffer.from(part, "base64"))).equals(bytes)).toBe(true);
});

test("parts that are padded by themselves are one body", async () => {
  const { body } = await speakingText(echo)(requestOf(["YQ==YmM=", "ZGVm"]));
  expect(await textOf(body)).toBe(`${btoa("abc")}${btoa("def")}`);
});

test.each(["YQ", "Y===", "YQ==Y", "YWI*", "====", "Y=Q="])("%s is refused", async (text) => {
  const { body } = await speakingText(echo)(requestOf([text]));
  await expect(textOf(body)).rejects.toThrow("not base64");
});

test("why an answer ends early reaches its source", async () => {
  const reasons: unknown[] = [];
  const source: AsyncIterableIterator<Uint8Array> = {
    next: async () => ({ done: false, value: Buffer.from("a") }),
    throw: async (reason) => {
      reasons.push(reason);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => source,
  };
  const { body } = await speakingText(async () => ({ status: 200, body: source }))(requestOf([]));
  const chunks = body?.[Symbol.asyncIterator]();
  await chunks?.next();
  await chunks?.throw?.("the client left");
  expect(reasons).toEqual(["the client left"]);
});

import { context, trace } from "@opentelemetry/api";
import { beforeAll, expect, test } from "vitest";
import { followContext } from "./context-manager.ts";
import {
  activeTraceparent,
  continueTrace,
  formatTraceparent,
  linksTo,
  parseTraceparent,
} from "./trace-context.ts";

const stored = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

beforeAll(() => followContext());

test("work continues the trace that was stored, across awaits", async () => {
  const seen = await continueTrace(stored, async () => {
    await Promise.resolve();
    return activeTraceparent();
  });
  expect(seen).toBe(stored);
  expect(activeTraceparent()).toBe("");
});

test.each(["", "00-0-0-01", `00-${"0".repeat(32)}-${"1".repeat(16)}-01`, "x"])(
  "the traceparent %j leaves the context as it is",
  (malformed) => {
    const outer = continueTrace(stored, () => continueTrace(malformed, activeTraceparent));
    expect(outer).toBe(stored);
    expect(parseTraceparent(malformed)).toBeUndefined();
  },
);

test("a traceparent is read and written alike", () => {
  expect(formatTraceparent(parseTraceparent(stored))).toBe(stored);
  expect(formatTraceparent(undefined)).toBe("");
});

test("links name each span once, leave out what is none, and are bounded", () => {
  const many = Array.from({ length: 300 }, (_, at) =>
    stored.replace("0af7", at.toString(16).padStart(4, "0")),
  );
  expect(linksTo([stored, "", stored, "x"])).toEqual([{ context: parseTraceparent(stored) }]);
  expect(linksTo(many)).toHaveLength(128);
});

test("a span that is started inside is a child of the stored one", () => {
  const parent = continueTrace(stored, () => trace.getSpanContext(context.active()));
  expect(parent).toMatchObject({ spanId: "b7ad6b7169203331", isRemote: true });
});

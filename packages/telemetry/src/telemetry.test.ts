import { expect, test } from "vitest";
import { createLogger, redact } from "./index.ts";

function logged(level: "debug" | "warn" = "debug") {
  const lines: string[] = [];
  const now = () => new Date("2026-11-21T12:00:00Z");
  const write = (line: string) => lines.push(line);
  const log = createLogger({ service: "catalog", level, write, now, callFields: () => ({ requestId: "r" }) });
  return { log, lines };
}

test("a line is JSON with time, level, service, message and the call's fields", () => {
  const { log, lines } = logged();
  log.child({ loop: "relay" }).info("published", { count: 3, size: 5n });
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    time: "2026-11-21T12:00:00.000Z",
    level: "info",
    service: "catalog",
    msg: "published",
    requestId: "r",
    loop: "relay",
    count: 3,
    size: "5",
  });
  expect(lines[0]?.endsWith("}\n")).toBe(true);
});

test("lines below the level are dropped", () => {
  const { log, lines } = logged("warn");
  log.info("x");
  log.warn("y");
  expect(lines).toHaveLength(1);
});

test.each([
  [{ authorization: "Bearer abc" }, { authorization: "[redacted]" }],
  [{ request: { headers: { Cookie: "a=b" } } }, { request: { headers: { Cookie: "[redacted]" } } }],
  [
    { apiKey: "mmk_x", "api-key": "y", SERVICE_KEY: "z" },
    { apiKey: "[redacted]", "api-key": "[redacted]", SERVICE_KEY: "[redacted]" },
  ],
  [{ text: "sent Bearer eyJhbGciOi.x.y today" }, { text: "sent Bearer [redacted] today" }],
  [{ url: "postgres://app:hunter2@db:5432/x" }, { url: "postgres://app:[redacted]@db:5432/x" }],
  [{ tokens: 3 }, { tokens: 3 }],
])("%j is logged without its secrets", (fields, expected) => {
  expect(redact(fields)).toEqual(expected);
});

test("an object that contains itself is cut, not followed", () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  expect(() => JSON.stringify(redact(loop))).not.toThrow();
});

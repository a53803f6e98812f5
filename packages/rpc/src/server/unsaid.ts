import { redact } from "@marketmesh/telemetry";

const textsMax = 1_000;
const depthMax = 12;
/** Shorter texts tell nothing, and stand in every stack. */
const lengthMin = 3;

/**
 * A fault as it may be logged: without credentials, and without any text that its request said. An error's message often
 * repeats what could not be dealt with, and that may be a person's address.
 */
export function unsaid(cause: unknown, request: unknown): unknown {
  const texts = new Set<string>();
  collect(request, texts, 0);
  const longestFirst = [...texts].sort((left, right) => right.length - left.length);
  return without(redact(cause), longestFirst);
}

function collect(value: unknown, texts: Set<string>, depth: number): void {
  if (texts.size >= textsMax || depth > depthMax) return;
  if (typeof value === "string") {
    if (value.length >= lengthMin) texts.add(value);
  } else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const [key, item] of Object.entries(value))
      if (!key.startsWith("$")) collect(item, texts, depth + 1);
  }
}

function without(value: unknown, texts: readonly string[]): unknown {
  if (typeof value === "string")
    return texts.reduce((left, text) => left.replaceAll(text, "[request]"), value);
  if (Array.isArray(value)) return value.map((item) => without(item, texts));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, without(item, texts)]));
}

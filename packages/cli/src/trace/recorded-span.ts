/** A span as it stands in a span file. */
export interface RecordedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it begins its trace. */
  readonly parentSpanId: string;
  readonly service: string;
  readonly name: string;
  readonly kind: SpanKind;
  /** Nanoseconds since the epoch. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, string>>;
  readonly links: readonly SpanReference[];
  /** What failed, by name; undefined when nothing did. */
  readonly error: string | undefined;
}

export interface SpanReference {
  readonly traceId: string;
  readonly spanId: string;
}

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";

const kinds: readonly SpanKind[] = ["internal", "internal", "server", "client", "producer", "consumer"];

/** The spans of one line of OTLP/JSON; none when the line is no such thing, as one that a crash cut short. */
export function spansOfLine(line: string): RecordedSpan[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return [];
  }
  return listOf(parsed, "resourceSpans").flatMap((resource) => {
    const process = attributesOf(fieldOf(fieldOf(resource, "resource"), "attributes"));
    return listOf(resource, "scopeSpans").flatMap((scoped) => {
      const scope = textOf(fieldOf(scoped, "scope"), "name");
      return listOf(scoped, "spans").map((span) => spanOf(span, scope, process["service.name"] ?? "?"));
    });
  });
}

function spanOf(span: unknown, scope: string, process: string): RecordedSpan {
  const attributes = attributesOf(fieldOf(span, "attributes"));
  const failed = fieldOf(fieldOf(span, "status"), "code") === 2;
  return {
    traceId: textOf(span, "traceId"),
    spanId: textOf(span, "spanId"),
    parentSpanId: textOf(span, "parentSpanId"),
    // Several services may share a process: their own spans say whose they are.
    service: scope.startsWith("marketmesh.") ? scope.slice("marketmesh.".length) : process,
    name: textOf(span, "name"),
    kind: kinds[Number(fieldOf(span, "kind"))] ?? "internal",
    start: nanosOf(span, "startTimeUnixNano"),
    end: nanosOf(span, "endTimeUnixNano"),
    attributes,
    links: listOf(span, "links").map((link) => ({
      traceId: textOf(link, "traceId"),
      spanId: textOf(link, "spanId"),
    })),
    error: failed
      ? attributes["error.type"] || textOf(fieldOf(span, "status"), "message") || "failed"
      : undefined,
  };
}

function attributesOf(list: unknown): Record<string, string> {
  if (!Array.isArray(list)) return {};
  return Object.fromEntries(list.map((pair) => [textOf(pair, "key"), anyValueOf(fieldOf(pair, "value"))]));
}

function anyValueOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  const [only] = Object.values(value);
  return typeof only === "object" ? JSON.stringify(only) : String(only);
}

function nanosOf(from: unknown, key: string): bigint {
  const text = textOf(from, key);
  return /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
}

function textOf(from: unknown, key: string): string {
  const value = fieldOf(from, key);
  return typeof value === "string" ? value : "";
}

function listOf(from: unknown, key: string): readonly unknown[] {
  const value = fieldOf(from, key);
  return Array.isArray(value) ? value : [];
}

function fieldOf(from: unknown, key: string): unknown {
  return typeof from === "object" && from !== null ? (from as Record<string, unknown>)[key] : undefined;
}

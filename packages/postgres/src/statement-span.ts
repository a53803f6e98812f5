import { type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";

const tracer = trace.getTracer("@marketmesh/postgres");
const textMax = 400;
const describedMax = 1_000;

/** What a span tells of a statement: never a value, parameters are placeholders. */
interface Described {
  /** `insert outbox`: the span's name. */
  readonly summary: string;
  /** White space folded, at most 400 characters. */
  readonly text: string;
}

const described = new Map<string, Described>();

/** Starts the span of a statement when it is part of a trace that is recorded. */
export function startStatementSpan(text: string, database: string): Span | undefined {
  if (trace.getActiveSpan()?.isRecording() !== true) return undefined;
  const about = describe(text);
  return tracer.startSpan(about.summary, {
    kind: SpanKind.CLIENT,
    attributes: { "db.system.name": "postgresql", "db.namespace": database, "db.query.text": about.text },
  });
}

/** Ends it; a failure is told by its SQLSTATE alone, for its message may hold values. */
export function endStatementSpan(span: Span, failure: unknown): void {
  if (failure !== undefined) {
    const code = sqlState(failure);
    span.setAttribute("error.type", code);
    span.setStatus({ code: SpanStatusCode.ERROR, message: code });
  }
  span.end();
}

function sqlState(failure: unknown): string {
  if (!(failure instanceof Error)) return "error";
  return "code" in failure && typeof failure.code === "string" ? failure.code : failure.name;
}

// Statements are few and come again and again; those that are not (a list of a new length) are described each time.
function describe(text: string): Described {
  const known = described.get(text);
  if (known) return known;
  const folded = text.replace(/\s+/g, " ").trim();
  const made = { summary: summaryOf(folded), text: folded.slice(0, textMax) };
  if (described.size < describedMax) described.set(text, made);
  return made;
}

// What a statement does and to what. A statement with several parts (`with ... as (...)`) is named by the first that writes,
// else by the first that reads.
const writes = /\b(insert into|update|delete from) ((?:"?\w+"?\.)?"?\w+"?)/i;
const reads = /\b(from|join) (?!unnest\b|lateral\b)((?:"?\w+"?\.)?"?\w+"?)/i;
const calls = /^(select) ((?:"?\w+"?\.)?"?\w+"?)\(/i;

function summaryOf(folded: string): string {
  const plain = folded.replace(/\bfor (no key )?update\b|\bdo update\b|\bextract ?\([^)]*\)/gi, "");
  const found = writes.exec(plain) ?? reads.exec(plain) ?? calls.exec(plain);
  const [, verb, target] = found ?? [];
  if (verb === undefined || target === undefined)
    return folded.split(" ", 1)[0]?.toLowerCase() || "statement";
  const operation = /^(from|join)$/i.test(verb) ? "select" : verb.toLowerCase().split(" ", 1)[0];
  return `${operation} ${target.replaceAll('"', "").replace(/^\w+\./, "")}`;
}

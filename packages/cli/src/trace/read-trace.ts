import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type RecordedSpan, spansOfLine } from "./recorded-span.ts";

/** What a state folder knows of one trace. */
export interface FoundTrace {
  readonly traceId: string;
  /** In the order of their start. */
  readonly spans: readonly RecordedSpan[];
  /** Spans of other traces that link to this one: batches that held something of it. */
  readonly referring: readonly RecordedSpan[];
  /** There were more than were read. */
  readonly cut: boolean;
}

const spansMax = 20_000;

/** Reads a trace from the span files of a folder, which running processes may be writing to. */
export function readTrace(folder: string, traceId: string): FoundTrace {
  const spans = new Map<string, RecordedSpan>();
  const referring = new Map<string, RecordedSpan>();
  let cut = false;
  for (const line of linesOf(folder)) {
    // Most lines are about other traces: looking for the id is a hundred times cheaper than parsing.
    if (!line.includes(traceId)) continue;
    for (const span of spansOfLine(line)) {
      const own = span.traceId === traceId;
      if (!own && !span.links.some((link) => link.traceId === traceId)) continue;
      if (spans.size + referring.size >= spansMax) cut = true;
      else (own ? spans : referring).set(`${span.traceId}/${span.spanId}`, span);
    }
  }
  return { traceId, spans: byStart(spans), referring: byStart(referring), cut };
}

function byStart(spans: ReadonlyMap<string, RecordedSpan>): RecordedSpan[] {
  return [...spans.values()].sort((a, b) => Number(a.start - b.start) || (a.spanId < b.spanId ? -1 : 1));
}

function* linesOf(folder: string): Generator<string> {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".ndjson"))) {
    let text: string;
    try {
      text = readFileSync(join(folder, name), "utf8");
    } catch {
      continue; // renamed or removed while we looked: what is gone has nothing to tell
    }
    yield* text.split("\n");
  }
}

import type { FoundTrace } from "./read-trace.ts";
import type { RecordedSpan } from "./recorded-span.ts";

export interface DrawOptions {
  /** Lines at most; what is left out is counted. */
  readonly linesMax: number;
  /** Traces that are drawn where they are linked, by id; the others are named only. */
  readonly linked: ReadonlyMap<string, FoundTrace>;
}

/** A line of the tree and what hangs below it. */
interface Node {
  readonly label: string;
  /** Absent: no span of its own (a missing parent, a reference). */
  readonly span?: RecordedSpan;
  readonly startNs: bigint;
  readonly children: Node[];
}

/** Children of one name that have none themselves are drawn as one line when there are more than this. */
const alikeMax = 3;

/** Draws a trace as a tree: offset and duration in milliseconds, service, kind, name, what failed, and what matters of the attributes. */
export function drawTrace(trace: FoundTrace, { linesMax, linked }: DrawOptions): string[] {
  const seen = new Set<string>([trace.traceId]);
  const roots = treeOf(trace, linked, seen);
  const zero = trace.spans[0]?.start ?? 0n;
  const lines: string[] = [headingOf(trace)];
  let left = 0;
  const draw = (nodes: readonly Node[], indent: string, top: boolean, base: bigint): void => {
    nodes.forEach((node, at) => {
      const last = at === nodes.length - 1;
      const branch = top ? "" : `${indent}${last ? "└─ " : "├─ "}`;
      if (lines.length < linesMax) lines.push(`${timesOf(node, base)}  ${branch}${node.label}`);
      else left += 1;
      draw(node.children, top ? "" : `${indent}${last ? "   " : "│  "}`, false, base);
    });
  };
  draw(roots, "", true, zero);
  if (left > 0) lines.push(`… ${left} more; --lines ${lines.length + left} shows them`);
  if (trace.cut) lines.push("… and more than can be read at once");
  return lines;
}

function headingOf({ traceId, spans }: FoundTrace): string {
  const services = new Set(spans.map(({ service }) => service));
  const first = spans[0]?.start ?? 0n;
  let last = first;
  for (const { end } of spans) if (end > last) last = end;
  const began = new Date(Number(first / 1_000_000n)).toISOString();
  const failed = spans.filter(({ error }) => error !== undefined).length;
  const failures = failed > 0 ? `, ${failed} failed` : "";
  return `trace ${traceId}: ${spans.length} spans of ${services.size} services, ${millis(last - first)} ms from ${began}${failures}`;
}

function treeOf(trace: FoundTrace, linked: DrawOptions["linked"], seen: Set<string>): Node[] {
  const nodes = new Map(trace.spans.map((span) => [span.spanId, nodeOf(span)]));
  const roots: Node[] = [];
  const missing = new Map<string, Node>();
  for (const span of trace.spans) {
    const node = nodes.get(span.spanId)!;
    const parent = nodes.get(span.parentSpanId);
    if (parent) parent.children.push(node);
    else if (span.parentSpanId === "") roots.push(node);
    else missingParent(missing, roots, span).children.push(node);
  }
  for (const span of trace.spans) {
    for (const link of span.links) nodes.get(span.spanId)!.children.push(linkOf(link, span, linked, seen));
  }
  for (const span of trace.referring) {
    const target = span.links.find(({ traceId }) => traceId === trace.traceId);
    const under = target && nodes.get(target.spanId);
    const node = {
      label: `⇠ ${labelOf(span)}  in trace ${span.traceId}`,
      span,
      startNs: span.start,
      children: [],
    };
    if (under) under.children.push(node);
    else roots.push(node);
  }
  for (const node of [...nodes.values(), ...missing.values()]) settle(node);
  return roots.sort(byStart);
}

function missingParent(missing: Map<string, Node>, roots: Node[], span: RecordedSpan): Node {
  const known = missing.get(span.parentSpanId);
  if (known) return known;
  const label = `(span ${span.parentSpanId} is not here: not kept, or of another system)`;
  const made: Node = { label, startNs: span.start, children: [] };
  missing.set(span.parentSpanId, made);
  roots.push(made);
  return made;
}

function linkOf(
  link: { readonly traceId: string; readonly spanId: string },
  from: RecordedSpan,
  linked: DrawOptions["linked"],
  seen: Set<string>,
): Node {
  const trace = linked.get(link.traceId);
  const label = `→ linked to span ${link.spanId} of trace ${link.traceId}`;
  if (!trace || trace.spans.length === 0 || seen.has(link.traceId))
    return { label, startNs: from.start, children: [] };
  seen.add(link.traceId);
  return { label, startNs: from.start, children: treeOf({ ...trace, referring: [] }, linked, seen) };
}

/** Brings children into the order of their start and draws many alike together. */
function settle(node: Node): void {
  node.children.sort(byStart);
  const alike = Map.groupBy(node.children, ({ span, children }) =>
    span && children.length === 0 && span.error === undefined ? `${span.service}/${span.name}` : undefined,
  );
  for (const [key, group] of alike) {
    if (key === undefined || group.length <= alikeMax) continue;
    const [first] = group as [Node];
    const ns = group.reduce((sum, { span }) => sum + (span ? span.end - span.start : 0n), 0n);
    const label = `${first.span ? labelOf(first.span) : first.label}  ×${group.length}, ${millis(ns)} ms in all`;
    const rest = new Set(group.slice(1));
    node.children.splice(0, node.children.length, ...node.children.filter((child) => !rest.has(child)));
    node.children[node.children.indexOf(first)] = { ...first, label };
  }
}

function nodeOf(span: RecordedSpan): Node {
  return { label: labelOf(span), span, startNs: span.start, children: [] };
}

function labelOf(span: RecordedSpan): string {
  const kind = "db.system.name" in span.attributes ? "sql " : span.kind === "internal" ? "" : `${span.kind} `;
  const failed = span.error === undefined ? "" : `  FAILED ${span.error}`;
  return `${span.service}  ${kind}${shortName(span.name)}${failed}${detailsOf(span)}`;
}

// `marketmesh.catalog.v1.CatalogService/GetListing`: the package says nothing that the service does not.
function shortName(name: string): string {
  return /\/\w+$/.test(name) ? name.slice(name.lastIndexOf(".") + 1) : name;
}

/** Attributes that tell something which name and service do not. */
function detailsOf({ attributes }: RecordedSpan): string {
  const shown = Object.entries(attributes).flatMap(([key, value]) => {
    if (value === "") return [];
    if (key.startsWith("marketmesh.") && key !== "marketmesh.stream") return [`${key.slice(11)}=${value}`];
    if (key === "messaging.batch.message_count" && value !== "1") return [`batch=${value}`];
    if (key === "messaging.destination.name") return [value];
    return [];
  });
  return shown.length === 0 ? "" : `  [${shown.join(" ").slice(0, 160)}]`;
}

function timesOf({ span, startNs }: Node, base: bigint): string {
  const offset = millis(startNs - base).padStart(10);
  return span ? `${offset} ${millis(span.end - span.start).padStart(9)}` : `${offset} ${"".padStart(9)}`;
}

function millis(ns: bigint): string {
  return (Number(ns) / 1e6).toFixed(1);
}

// Starts are as exact as the clock: a millisecond. Of those that began in the same one, who ended first comes first.
function byStart(a: Node, b: Node): number {
  const order = a.startNs - b.startNs || (a.span?.end ?? 0n) - (b.span?.end ?? 0n);
  return order < 0n ? -1 : order > 0n ? 1 : 0;
}

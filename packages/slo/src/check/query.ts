import type { SyntaxNode, Tree } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import type { KnownMetrics } from "./known-metrics.ts";

/** What Grafana puts into a query before Prometheus sees it. */
export function withoutVariables(query: string): string {
  return query.replaceAll("$__rate_interval", "5m").replaceAll("$__range", "1h");
}

/** What is wrong with a PromQL query: it does not parse, or names a metric or a label that nobody makes. Empty when all is well. */
export function queryProblems(query: string, known: KnownMetrics): string[] {
  const tree = parser.parse(query);
  const broken = nodesOf(tree, "⚠");
  if (broken.length > 0) return broken.map(({ from }) => `does not parse at ${from}: ${query}`);
  const selectors = nodesOf(tree, "VectorSelector");
  if (selectors.length === 0 && !query.startsWith("vector(")) return [`names no metric: ${query}`];
  return [
    ...selectors.flatMap((selector) => selectorProblems(selector, query, known)),
    ...nodesOf(tree, "GroupingLabels").flatMap((grouping) => groupingProblems(grouping, query, known)),
  ];
}

/** The names of the metrics that a query reads. */
export function metricsOf(query: string): string[] {
  return nodesOf(parser.parse(query), "VectorSelector").map((selector) => nameOf(selector, query) ?? "");
}

/** Every label that a query groups by. */
export function groupingsOf(query: string): string[] {
  return nodesOf(parser.parse(query), "GroupingLabels").flatMap((grouping) => labelsIn(grouping, query));
}

function selectorProblems(selector: SyntaxNode, query: string, known: KnownMetrics): string[] {
  const name = nameOf(selector, query);
  if (name === undefined) return [`a selector without a metric's name: ${textOf(selector, query)}`];
  const labels = known.get(name);
  if (!labels) return [`no code and no rule makes ${name}`];
  const matchers = selector.getChild("LabelMatchers");
  return (matchers ? labelsIn(matchers, query) : [])
    .filter((label) => !labels.has(label))
    .map((label) => `${name} has no label ${label}`);
}

/** A label to group or match by must be one of a metric in there, or be made by count_values. */
function groupingProblems(grouping: SyntaxNode, query: string, known: KnownMetrics): string[] {
  const within = around(grouping);
  if (!within) return [];
  const there = new Set(
    nodesIn(within, "VectorSelector").flatMap((selector) => [
      ...(known.get(nameOf(selector, query) ?? "") ?? []),
    ]),
  );
  for (const made of countValuesLabels(within, query)) there.add(made);
  return labelsIn(grouping, query)
    .filter((label) => !there.has(label))
    .map((label) => `nothing there has the label ${label}: ${textOf(within, query)}`);
}

function around(node: SyntaxNode): SyntaxNode | undefined {
  let at: SyntaxNode | null = node;
  while (at && at.name !== "AggregateExpr" && at.name !== "BinaryExpr") at = at.parent;
  return at ?? undefined;
}

function countValuesLabels(within: SyntaxNode, query: string): string[] {
  return nodesIn(within, "AggregateExpr")
    .filter((aggregate) => nodesIn(aggregate, "CountValues").length > 0)
    .flatMap((aggregate) => nodesIn(aggregate, "StringLiteral"))
    .map((literal) => textOf(literal, query).slice(1, -1));
}

function nameOf(selector: SyntaxNode, query: string): string | undefined {
  const name = selector.getChild("Identifier");
  return name ? textOf(name, query) : undefined;
}

function labelsIn(node: SyntaxNode, query: string): string[] {
  return nodesIn(node, "LabelName").map((label) => textOf(label, query));
}

function nodesOf(tree: Tree, name: string): SyntaxNode[] {
  return nodesIn(tree.topNode, name);
}

function nodesIn(node: SyntaxNode, name: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  node.cursor().iterate((at) => {
    if (at.name === name) found.push(at.node);
  });
  return found;
}

function textOf({ from, to }: SyntaxNode, query: string): string {
  return query.slice(from, to);
}

import type { Verdict } from "./judge.ts";

const width = 120;
const idWidth = 40;

/** A table per service: id, status, evidence. What lacks is told in full, below its line; the rest within 120 columns. */
export function readinessReport(verdicts: readonly Verdict[]): string {
  const services = [...new Set(verdicts.map(({ service }) => service))];
  const tables = services.map((service) =>
    [service, ...verdicts.filter((verdict) => verdict.service === service).flatMap(linesOf)].join("\n"),
  );
  return [...tables, summaryOf(verdicts)].join("\n\n");
}

/** One line: what all services together come to. */
export function summaryOf(verdicts: readonly Verdict[]): string {
  const count = (status: Verdict["status"]) => verdicts.filter((verdict) => verdict.status === status).length;
  const services = new Set(verdicts.map(({ service }) => service)).size;
  const clauses = new Set(verdicts.map(({ id }) => id)).size;
  return `readiness of ${services} services by ${clauses} clauses: ${count("ok")} ok, ${count("missing")} missing, ${count("OPERATOR")} for the operator`;
}

function linesOf({ id, status, evidence }: Verdict): string[] {
  const [first = "", ...rest] = evidence;
  const head = `  ${id.padEnd(idWidth)} ${status.padEnd(8)} `;
  if (status === "ok") return [cut(`${head}${evidence.join("; ")}`)];
  return [`${head}${first}`, ...rest.map((line) => `${" ".repeat(head.length)}${line}`)].flatMap((line) =>
    wrapped(line, head.length),
  );
}

function cut(line: string): string {
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

function wrapped(line: string, indent: number): string[] {
  if (line.length <= width) return [line];
  const space = line.lastIndexOf(" ", width);
  const end = space > indent ? space : width;
  return [line.slice(0, end), ...wrapped(`${" ".repeat(indent)}${line.slice(end).trimStart()}`, indent)];
}

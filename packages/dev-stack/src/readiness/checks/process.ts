import type { LogCheck, MetricCheck, ProbeCheck } from "../check.ts";
import type { Evidence } from "../evidence.ts";
import { expectAt } from "../expect.ts";
import { type Finding, missing, ok } from "../finding.ts";

const metricPrefix = "marketmesh_";

export async function metricFinding(
  { metric, labels = {} }: MetricCheck,
  service: string,
  evidence: Evidence,
): Promise<Finding> {
  const running = await evidence.process(service);
  if (running instanceof Error) return missing(running.message);
  const wanted = Object.entries(labels);
  const found = running.metrics.find(
    (line) =>
      new RegExp(`^${metricPrefix}${metric}(_count|_total)?[{ ]`).test(line) &&
      wanted.every(([label, value]) => line.includes(`${label}="${value}`)),
  );
  const shown = wanted.map(([label, value]) => `${label}="${value}..."`).join(",");
  const name = `${metricPrefix}${metric}${shown && `{${shown}}`}`;
  return found ? ok(`scraped: ${found}`) : missing(`a running ${service} exposes no ${name}`);
}

export async function probeFinding(
  { probe, status = 200, ...expected }: ProbeCheck,
  service: string,
  evidence: Evidence,
): Promise<Finding> {
  const running = await evidence.process(service);
  if (running instanceof Error) return missing(running.message);
  const answer = await running.get(probe).catch((cause: unknown) => ({ status: 0, body: String(cause) }));
  if (answer.status !== status)
    return missing(`a running ${service} answers GET ${probe} with ${answer.status}, not ${status}`);
  if (Object.keys(expected).length === 0) return ok(`GET ${probe} answered ${status}`);
  return expectAt(answer.body, undefined, expected, `GET ${probe}`);
}

export async function logFinding({ log }: LogCheck, service: string, evidence: Evidence): Promise<Finding> {
  const running = await evidence.process(service);
  if (running instanceof Error) return missing(running.message);
  if (running.logLines.length === 0) return missing(`a running ${service} wrote no line to stdout`);
  const odd = running.logLines.find((line) => !log.every((field) => field in (fieldsOf(line) ?? {})));
  if (odd !== undefined) return missing(`a line of ${service} lacks one of ${log.join(", ")}: ${odd}`);
  return ok(`${running.logLines.length} lines on stdout, each JSON with ${log.join(", ")}`);
}

function fieldsOf(line: string): Record<string, unknown> | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

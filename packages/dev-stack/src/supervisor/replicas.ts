import { StackProblem } from "../problem.ts";

/** How many processes a service has, by its name; one unless named. */
export type Replicas = Readonly<Record<string, number>>;

const replicasMax = 4;
/** As many as a block of ports holds. */
const processesMax = 15;

/**
 * Reads MARKETMESH_REPLICAS, for example `eligibility=2,scoring=2`. Empty: one process of each.
 *
 * Throws REPLICAS_INVALID.
 */
export function parseReplicas(text: string): Replicas {
  const entries = text.split(",").map((part) => part.trim());
  return Object.fromEntries(entries.filter((part) => part !== "").map(entryOf));
}

function entryOf(part: string): [string, number] {
  const [, name, count] = /^([a-z][a-z0-9-]*)=(\d)$/.exec(part) ?? [];
  if (name === undefined) throw invalid(`${JSON.stringify(part)} is not of the form service=2`);
  return [name, Number(count)];
}

/**
 * The names of the processes of each service: the first has the service's own, the others a number: `scoring-2`.
 *
 * Throws REPLICAS_INVALID for a service that there is none of, for counts other than 1 to 4, and above 15 in all.
 */
export function processNames(services: readonly string[], replicas: Replicas): Map<string, string[]> {
  for (const [name, count] of Object.entries(replicas)) {
    if (!services.includes(name)) throw invalid(`there is no service ${name}`);
    if (!Number.isInteger(count) || count < 1 || count > replicasMax)
      throw invalid(`${name} may have 1 to ${replicasMax} processes`);
  }
  const names = new Map(services.map((name) => [name, namesOf(name, replicas[name] ?? 1)]));
  if ([...names.values()].flat().length > processesMax)
    throw invalid(`there is room for ${processesMax} processes`);
  return names;
}

function namesOf(service: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => (at === 0 ? service : `${service}-${at + 1}`));
}

function invalid(what: string): StackProblem {
  const advice =
    "MARKETMESH_REPLICAS names services and their processes, for example eligibility=2,scoring=2.";
  return new StackProblem("REPLICAS_INVALID", what, advice);
}

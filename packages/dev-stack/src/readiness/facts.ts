import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkBoundaries } from "../check-boundaries.ts";
import { contractOf } from "./contract.ts";
import type { FactFinding } from "./evidence.ts";
import { calledServices, type ServiceSource, serviceSources } from "./service-sources.ts";

type Fact = (checkout: string, service: string) => FactFinding | Promise<FactFinding>;

/** What checks of type `code` may name. */
const facts: Readonly<Record<string, Fact>> = {
  boundaries,
  "own-database": ownDatabase,
  "methods-have-permissions": methodsHavePermissions,
  "methods-have-objectives": methodsHaveObjectives,
  "configuration-documented": configurationDocumented,
  "dependencies-have-objectives": dependenciesHaveObjectives,
  "fetch-has-timeout": fetchHasTimeout,
  "readme-lists-methods": readmeListsMethods,
};

/** Establishes a fact about a service's code; undefined when there is none of that name. */
export async function factOf(
  name: string,
  checkout: string,
  service: string,
): Promise<FactFinding | undefined> {
  return await facts[name]?.(checkout, service);
}

function boundaries(checkout: string, service: string): FactFinding {
  const problems = checkBoundaries(checkout).filter((line) => line.startsWith(`services/${service}/`));
  return found(problems, serviceSources(checkout, service), "import no other service");
}

const databaseKeys = ["DATABASE_URL", "DATABASE_BACKGROUND_URL", "DATABASE_MIGRATOR_URL"];

function ownDatabase(checkout: string, service: string): FactFinding {
  const sources = serviceSources(checkout, service);
  const problems = sources.flatMap(({ path, code }) => {
    const keys = [...code.matchAll(/\b\w*DATABASE\w*_URL\b/g)].map(([key]) => key);
    const other = keys.find((key) => !databaseKeys.includes(key));
    return [
      ...(other ? [`${path} reads ${other}`] : []),
      ...(/from "postgres"|postgres(ql)?:\/\//.test(code) ? [`${path} connects to Postgres by itself`] : []),
    ];
  });
  if (!sources.some(({ code }) => code.includes(".database({")))
    problems.push(`${service} opens no database`);
  return found(problems, sources, "know one database, their own");
}

async function methodsHavePermissions(checkout: string, service: string): Promise<FactFinding> {
  const { methods, policyOf } = await contractOf(checkout, service);
  const open = methods.filter((method) => {
    const policy = policyOf(method);
    return policy === undefined || (policy.access === "PERMISSION" && policy.permission === "");
  });
  const problems = open.map(({ name }) => `method ${name} of ${service} states no policy`);
  return {
    problems: [...problems, ...none(methods, service)],
    seen: `${methods.length} methods, each with a policy`,
  };
}

async function methodsHaveObjectives(checkout: string, service: string): Promise<FactFinding> {
  const { methods, objectiveOf } = await contractOf(checkout, service);
  const unary = methods.filter(({ methodKind }) => methodKind === "unary");
  const problems = unary
    .filter((method) => !objectiveOf(method))
    .map(({ name }) => `method ${name} of ${service} states no objective`);
  return {
    problems: [...problems, ...none(unary, service)],
    seen: `${unary.length} unary methods, each with an objective (proto/marketmesh/${service}/v1)`,
  };
}

function none(list: readonly unknown[], service: string): string[] {
  return list.length === 0 ? [`${service} has no methods in proto/marketmesh/${service}/v1`] : [];
}

function configurationDocumented(checkout: string, service: string): FactFinding {
  const sources = serviceSources(checkout, service);
  const readme = readmeOf(checkout, service);
  const keys = sources.flatMap(({ code }) =>
    [...code.matchAll(/\benv: "([A-Z0-9_]+)"/g)].map(([, key]) => key!),
  );
  const problems = [
    ...keys
      .filter((key) => !readme.includes(`\`${key}\``))
      .map((key) => `${key} is not in services/${service}/README.md`),
    ...sources
      .filter(({ code }) => code.includes("process.env"))
      .map(({ path }) => `${path} reads process.env`),
    ...(readme.includes("## Configuration") ? [] : [`services/${service}/README.md has no ## Configuration`]),
  ];
  return found(problems, sources, `take ${keys.length} keys of their own from the host's configuration`);
}

/** The README's section tells, for every neighbour and server that the code uses, what is expected of it. */
function dependenciesHaveObjectives(checkout: string, service: string): FactFinding {
  const sources = serviceSources(checkout, service);
  const code = sources.map((source) => source.code).join("\n");
  const section = /^## Dependencies.*?(?=^## |$(?![\s\S]))/ms.exec(readmeOf(checkout, service))?.[0] ?? "";
  const names = [
    ...calledServices(checkout, service),
    ...(code.includes(".database({") ? ["Postgres"] : []),
    ...(code.includes(".events(") ? ["NATS"] : []),
  ];
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  const unknown = names.filter((name) => !rows.some((row) => row.includes(name) && /\d %/.test(row)));
  const problems = unknown.map((name) => `services/${service}/README.md states no objective of ${name}`);
  return found(problems, sources, `use ${names.join(", ")}; the README has an objective of each`);
}

async function readmeListsMethods(checkout: string, service: string): Promise<FactFinding> {
  const { methods } = await contractOf(checkout, service);
  const readme = readmeOf(checkout, service);
  const problems = methods
    .filter(({ name }) => !readme.includes(name))
    .map(({ name }) => `services/${service}/README.md does not tell of ${name}`);
  const seen = `services/${service}/README.md tells of all ${methods.length} methods`;
  return { problems: [...problems, ...none(methods, service)], seen };
}

function fetchHasTimeout(checkout: string, service: string): FactFinding {
  const sources = serviceSources(checkout, service);
  // A `fetch` of its own, such as a parameter, is not the platform's.
  const isOwn = (code: string) => /\bfetch\s*[:,]|\b(function|const) fetch\b/.test(code);
  const bare = sources.filter(
    ({ code }) =>
      !isOwn(code) &&
      [...code.matchAll(/\bfetch\(/g)].some(
        ({ index }) => !code.slice(index, index + 400).includes("signal"),
      ),
  );
  const problems = bare.map(({ path }) => `${path} fetches without an end`);
  return found(problems, sources, "make no call without a deadline of their own or the caller's");
}

function found(problems: readonly string[], sources: readonly ServiceSource[], what: string): FactFinding {
  const [first] = sources;
  const where = first?.path.split("/").slice(0, 3).join("/") ?? "";
  return {
    problems: first === undefined ? ["the service has no sources"] : problems,
    seen: `${sources.length} files of ${where} ${what}`,
  };
}

function readmeOf(checkout: string, service: string): string {
  const path = join(checkout, "services", service, "README.md");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

import { StackProblem } from "../problem.ts";

/** What a new service and its one resource are called, in every form that code, SQL and proto need. */
export interface ServiceName {
  /** `reviews` */
  readonly service: string;
  /** `review` */
  readonly resource: string;
  /** `reviews`: its collection. */
  readonly resources: string;
}

/** What exists already. */
export interface Taken {
  readonly services: readonly string[];
  readonly packages: readonly string[];
  /** Folders of proto/marketmesh. */
  readonly contracts: readonly string[];
}

const servicePattern = /^[a-z]{3,20}$/;
const resourcePattern = /^[a-z]{2,20}$/;

// Bare words that say nothing (STYLE.md), or that mean something else here.
const emptyWords = ["common", "core", "helper", "helpers", "misc", "shared", "util", "utils", "new", "data"];
const otherWords = [
  "match",
  "ticket",
  "vendor",
  "item",
  "service",
  "services",
  "market",
  "markets",
  "party",
  "parties",
];
const serverWords = [
  "postgres",
  "nats",
  "operator",
  "supervisor",
  "migrate",
  "healthcheck",
  "release",
  "global",
];
// A type or a keyword of TypeScript or SQL would have to be quoted somewhere.
const languageWords = [
  ...[
    "array",
    "boolean",
    "class",
    "date",
    "default",
    "delete",
    "enum",
    "error",
    "event",
    "export",
    "function",
  ],
  ...[
    "import",
    "map",
    "number",
    "object",
    "promise",
    "record",
    "request",
    "response",
    "return",
    "set",
    "string",
  ],
  ...[
    "symbol",
    "type",
    "change",
    "column",
    "group",
    "index",
    "order",
    "row",
    "select",
    "table",
    "user",
    "where",
  ],
];

/**
 * Names a service and its resource. Without a resource's name it is the service's in the singular, or `note`.
 *
 * Throws SERVICE_NAME_INVALID, SERVICE_NAME_TAKEN, RESOURCE_NAME_INVALID.
 */
export function serviceName(service: string, resource: string | undefined, taken: Taken): ServiceName {
  if (!servicePattern.test(service)) throw invalid(service, "is not 3 to 20 lower case letters");
  const word = [...emptyWords, ...otherWords, ...serverWords, ...languageWords].includes(service);
  if (word) throw invalid(service, "says too little, or means something else here");
  if (taken.services.includes(service)) throw isTaken(service, "service");
  if (taken.contracts.includes(service)) throw isTaken(service, "contract in proto/marketmesh");
  if (taken.packages.includes(service)) throw isTaken(service, "package");
  const noun = resource ?? (singularOf(service) || "note");
  const bad = !resourcePattern.test(noun) || [...otherWords, ...languageWords].includes(noun);
  if (bad || noun === service) {
    const message = `${JSON.stringify(noun)} cannot be a resource of ${service}`;
    const advice = "Give a noun in the singular, 2 to 20 lower case letters: --resource review.";
    throw new StackProblem("RESOURCE_NAME_INVALID", message, advice);
  }
  return { service, resource: noun, resources: pluralOf(noun) };
}

/** Puts the names into a template's text or path: `__service__`, `__Service__`, `__SERVICE__`, and so on. */
export function named(template: string, name: ServiceName): string {
  let text = template;
  for (const [key, word] of Object.entries(name)) {
    text = text
      .replaceAll(`__${key}__`, word)
      .replaceAll(`__${capital(key)}__`, capital(word))
      .replaceAll(`__${key.toUpperCase()}__`, word.toUpperCase());
  }
  return text;
}

function singularOf(word: string): string {
  if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  return /[^s]s$/.test(word) ? word.slice(0, -1) : "";
}

function pluralOf(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function invalid(service: string, why: string): StackProblem {
  const advice = "Choose a noun of your domain, for example: npm run new-service reviews.";
  return new StackProblem("SERVICE_NAME_INVALID", `${JSON.stringify(service)} ${why}`, advice);
}

function isTaken(service: string, what: string): StackProblem {
  const message = `there is a ${what} ${service} already`;
  return new StackProblem("SERVICE_NAME_TAKEN", message, "Choose another name.");
}

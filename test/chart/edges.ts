import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { registry } from "@marketmesh/contracts/registry";
import { SERVICES } from "@marketmesh/dev-stack";
import { checkoutDir } from "@marketmesh/dev-stack/servers";
import { contractMethod } from "../../services/fulfillment/src/calls/contract-methods.ts";

/** The services that a service calls, sorted, identity included: every service asks it for keys and tokens. */
export function callsInCode(service: string): string[] {
  const source = sourceOf(service);
  const called = new Set<string>(service === "identity" ? [] : ["identity"]);
  for (const call of source.matchAll(/host\.mesh\(\s*([A-Za-z]+)(?:,\s*\{\s*target:\s*"([a-z-]+)"\s*\})?/g)) {
    const [text, argument = "", target] = call;
    if (target !== undefined) called.add(target);
    else if (/^[A-Z]/.test(argument)) called.add(serviceOfContract(argument));
    else if (/^service$/.test(argument)) for (const name of callableByWorkflows()) called.add(name);
    else throw new Error(`services/${service}: whom does ${text} call?`);
  }
  // Subscriptions ask the producer where a feed begins and for what is missing: FeedService.
  for (const [, producer = ""] of source.matchAll(/\bservice: "([a-z-]+)"/g)) called.add(producer);
  if (source.includes("followListings(")) called.add("catalog");
  return [...called].sort();
}

/** Whether replicas of a service share work subscriptions. */
export function worksInCode(service: string): boolean {
  return /\bevents\.work\(/.test(sourceOf(service));
}

/** Whether a service keeps listings in memory and is ready once it has them. */
export function indexesInCode(service: string): boolean {
  return /\bfollowListings\(/.test(sourceOf(service));
}

/** The RPC services that a service serves under names of its own. */
export function servedInCode(service: string): string[] {
  const names = [...sourceOf(service).matchAll(/host\.serve\(\s*([A-Za-z]+)/g)].map(([, name = ""]) => name);
  return names.map(typeNameOf).sort();
}

/** The methods of these RPC services that stream, as `service/Method`, as their contracts say. */
export function streamsInContracts(serves: readonly string[]): string[] {
  const types = serves.map((name) => registry.getService(name)!);
  const streams = types.flatMap(({ typeName, methods }) =>
    methods.filter(({ methodKind }) => methodKind !== "unary").map(({ name }) => `${typeName}/${name}`),
  );
  return streams.sort();
}

/** The services that exist, as the supervisor runs them. */
export const serviceNames: readonly string[] = SERVICES.map(({ name }) => name);

const sources = new Map<string, string>();

function sourceOf(service: string): string {
  const known = sources.get(service);
  if (known !== undefined) return known;
  const folder = join(checkoutDir, "services", service, "src");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.startsWith("testing/"))
    .sort();
  const source = files.map((path) => readFileSync(join(folder, path), "utf8")).join("\n");
  sources.set(service, source);
  return source;
}

/** `CatalogService` belongs to catalog, as its contract's package says. */
function serviceOfContract(name: string): string {
  return typeNameOf(name).split(".")[1]!;
}

function typeNameOf(name: string): string {
  for (const type of registry) {
    if (type.kind === "service" && type.name === name && type.typeName.startsWith("marketmesh."))
      return type.typeName;
  }
  throw new Error(`no contract has a service ${name}`);
}

/** Whom a workflow of fulfillment can call: the services that have a method for it. */
function callableByWorkflows(): string[] {
  const callable = new Set<string>();
  for (const type of registry) {
    if (type.kind !== "service") continue;
    if (type.methods.some(({ name }) => contractMethod(`${type.typeName}/${name}`)))
      callable.add(type.typeName.split(".")[1]!);
  }
  return [...callable];
}

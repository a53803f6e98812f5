import { type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import { policy } from "@marketmesh/contracts/options/v1";
import { registry } from "@marketmesh/contracts/registry";

/** What the contract promises of one method. */
export interface MethodObjective {
  /** The deployable that serves it, which is `job` in every query: `catalog`. */
  readonly service: string;
  /** As in the label `method`: `marketmesh.catalog.v1.CatalogService/GetListing`. */
  readonly method: string;
  /** 99 % of the calls are answered within these milliseconds; 0 promises nothing. */
  readonly latencyP99Ms: number;
  /** The share of calls that don't fail by our fault, in millionths; 0 promises nothing. */
  readonly availabilityMillionths: number;
}

/** What the contract `marketmesh.<service>.v1` promises. */
export function contractObjectives(service: string): MethodObjective[] {
  const inside = `marketmesh.${service}.v1.`;
  const services = [...registry].filter(
    (one): one is DescService => one.kind === "service" && one.typeName.startsWith(inside),
  );
  return objectivesOf(service, services);
}

/**
 * The objectives of a service's methods, in the order of the contract; methods that promise nothing are left out.
 *
 * Throws when a stream has a latency objective: it lasts as long as its reader likes.
 */
export function objectivesOf(service: string, descriptors: readonly DescService[]): MethodObjective[] {
  return descriptors
    .flatMap(({ methods }) => methods)
    .filter((method) => hasOption(method, policy))
    .map((method) => objectiveOf(service, method))
    .filter(({ latencyP99Ms, availabilityMillionths }) => latencyP99Ms + availabilityMillionths > 0);
}

function objectiveOf(service: string, descriptor: DescMethod): MethodObjective {
  const { latencyP99Ms = 0, availabilityMillionths = 0 } = getOption(descriptor, policy).slo ?? {};
  const method = `${descriptor.parent.typeName}/${descriptor.name}`;
  if (latencyP99Ms > 0 && descriptor.methodKind !== "unary")
    throw new Error(`${method} is a stream: it cannot have a latency objective`);
  if (availabilityMillionths >= 1_000_000)
    throw new Error(`${method}: an availability of ${availabilityMillionths} millionths allows no failure`);
  return { service, method, latencyP99Ms, availabilityMillionths };
}

import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** A method of a service, as far as readiness asks. */
export interface Method {
  readonly name: string;
  readonly parent: { readonly typeName: string };
  readonly methodKind: string;
}

/** What the contracts say of a service. */
export interface Contract {
  readonly methods: readonly Method[];
  policyOf(method: Method): { readonly access: string; readonly permission: string } | undefined;
  objectiveOf(method: Method): boolean;
}

/** The contract as the checkout that is asked about has it, which may be another than that of this code. */
export async function contractOf(checkout: string, service: string): Promise<Contract> {
  const load = (path: string) => import(pathToFileURL(join(checkout, "packages", path)).href);
  const { registry } = await load("contracts/src/api/registry.ts");
  const { policyOf } = await load("contracts/src/method-policy.ts");
  const { objectivesOf } = await load("slo/src/slo/objectives.ts");
  const services = [...registry].filter(
    ({ kind, typeName }) => kind === "service" && typeName.startsWith(`marketmesh.${service}.v1.`),
  );
  const objectives: { readonly method: string }[] = objectivesOf(service, services);
  const promised = new Set(objectives.map(({ method }) => method.split("/")[1]));
  return {
    methods: services.flatMap(({ methods }) => methods),
    policyOf,
    objectiveOf: ({ name }) => promised.has(name),
  };
}

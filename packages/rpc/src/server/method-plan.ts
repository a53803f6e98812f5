import type { DescMethod } from "@bufbuild/protobuf";
import { type Policy, policyOf } from "@marketmesh/contracts";
import { type Validate, validationOf } from "./validation.ts";

/** Everything about a method that does not change between calls. */
export interface MethodPlan {
  /** `marketmesh.catalog.v1.CatalogService/GetListing` */
  readonly name: string;
  readonly method: DescMethod;
  /** Of the refusals: `catalog.marketmesh`. */
  readonly domain: string;
  readonly policy: Policy;
  readonly unary: boolean;
  /** Where the market's name stands in a request, as TypeScript names. */
  readonly marketPath: readonly string[] | undefined;
  /** The same in proto names. */
  readonly marketField: string;
  readonly validate: Validate | undefined;
}

/** The plan of a method. Throws an error that names the method when it states no policy. */
export function planOf(method: DescMethod, domain: string): MethodPlan {
  const name = `${method.parent.typeName}/${method.name}`;
  const policy = policyOf(method);
  if (!policy) throw new Error(`${name} states no policy: add option (marketmesh.options.v1.policy)`);
  return {
    name,
    method,
    domain,
    policy,
    unary: method.methodKind === "unary",
    marketPath: policy.marketField?.split("."),
    marketField: policy.marketField?.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) ?? "",
    validate: validationOf(method.input, domain),
  };
}

import type { KubeObject } from "./helm.ts";
import { availabilityInvariants } from "./invariants/availability.ts";
import { imageInvariants } from "./invariants/images.ts";
import { lifecycleInvariants } from "./invariants/lifecycle.ts";
import { securityInvariants } from "./invariants/security.ts";
import { wiringInvariants } from "./invariants/wiring.ts";

/** Says what is wrong with rendered objects, one line each; nothing when all is well. */
export type Invariant = (objects: readonly KubeObject[]) => string[];

/** What must be so whatever the values are, by its sentence. */
export const invariants: Readonly<Record<string, Invariant>> = {
  ...securityInvariants,
  ...lifecycleInvariants,
  ...availabilityInvariants,
  ...wiringInvariants,
  ...imageInvariants,
};

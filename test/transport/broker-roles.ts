import type { BrokerRole } from "@marketmesh/events";

/** Who listens to whom; the mesh of `mutual-tls.test.ts` works under what follows from it, and has no consumer besides. */
export const brokerRoles: readonly BrokerRole[] = [
  { service: "identity", follows: [], works: [], keeps: ["erasures"] },
  { service: "catalog", follows: ["identity", "catalog"], works: [] },
  { service: "eligibility", follows: ["catalog"], works: [] },
  { service: "scoring", follows: ["catalog"], works: [] },
  {
    service: "allocation",
    follows: [],
    works: [{ service: "catalog", subscription: "capacity-of-listings" }],
  },
  {
    service: "fulfillment",
    follows: [],
    works: [
      { service: "allocation", subscription: "runs-of-allocation" },
      { service: "catalog", subscription: "runs-of-catalog" },
      { service: "fulfillment", subscription: "runs-of-emissions" },
    ],
  },
];

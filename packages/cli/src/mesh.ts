import type { Client } from "@connectrpc/connect";
import type { AllocationService, DecisionService } from "@marketmesh/contracts/allocation/v1";
import type { CatalogService } from "@marketmesh/contracts/catalog/v1";
import type { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import type { FeedService } from "@marketmesh/contracts/events/v1";
import type { FulfillmentService } from "@marketmesh/contracts/fulfillment/v1";
import type { IdentityService, TokenService } from "@marketmesh/contracts/identity/v1";
import type { ScoringService } from "@marketmesh/contracts/scoring/v1";

/** Clients of the services, as one principal. */
export interface Mesh {
  readonly identity: Client<typeof IdentityService>;
  readonly tokens: Client<typeof TokenService>;
  readonly catalog: Client<typeof CatalogService>;
  readonly eligibility: Client<typeof EligibilityService>;
  readonly scoring: Client<typeof ScoringService>;
  readonly allocation: Client<typeof AllocationService>;
  readonly decisions: Client<typeof DecisionService>;
  readonly fulfillment: Client<typeof FulfillmentService>;
  /** The feeds of each service, by its name. */
  readonly feeds: Readonly<Record<string, Client<typeof FeedService>>>;
}

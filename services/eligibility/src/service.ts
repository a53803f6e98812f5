import { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { followListings, subjects } from "@marketmesh/listing-projection";
import type { Host } from "@marketmesh/service-host";
import { migrations } from "./migrations.ts";
import { policyCache } from "./policy-cache.ts";
import { routes } from "./rpc/routes.ts";

/** Who may be allocated to whom: policies in Postgres, listings in memory. */
export async function bindEligibility(host: Host): Promise<void> {
  const database = await host.database({ migrations });
  const events = await host.events(database);
  const catalog = host.mesh(CatalogService);
  const listings = followListings({
    events,
    catalog,
    metrics: host.telemetry.metrics,
    now: () => host.now(),
    background: (name, loop) => host.background(name, loop),
  });
  host.ready("listings", () => listings.ready);
  const shell = { database, now: () => host.now(), recent: host.recentReads() };
  host.serve(
    EligibilityService,
    routes({ shell, catalog, listings, policies: policyCache(), subjects: subjects(listings, catalog) }),
  );
}

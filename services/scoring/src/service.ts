import { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { ScoringService } from "@marketmesh/contracts/scoring/v1";
import { followListings, subjects } from "@marketmesh/listing-projection";
import type { Host } from "@marketmesh/service-host";
import { migrations } from "./migrations.ts";
import { routes } from "./rpc/routes.ts";
import { scorers } from "./scorers.ts";

/** How well supply and demand suit each other: models and frozen counts in Postgres, listings in memory. */
export async function bindScoring(host: Host): Promise<void> {
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
    ScoringService,
    routes({ shell, catalog, listings, scorers: scorers(), subjects: subjects(listings, catalog) }),
  );
}

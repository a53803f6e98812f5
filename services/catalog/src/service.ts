import { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { FeedService } from "@marketmesh/contracts/events/v1";
import { IdentityService } from "@marketmesh/contracts/identity/v1";
import { feedPosition } from "@marketmesh/events";
import type { Host } from "@marketmesh/service-host";
import { catalogSettings } from "./config.ts";
import { listingFeed } from "./events/listing-facts.ts";
import { onPartyErased } from "./events/on-party-erased.ts";
import { type Watchers, watchers } from "./events/watchers.ts";
import { kindCache } from "./kind-cache.ts";
import { migrations } from "./migrations.ts";
import { ordinals } from "./ordinals.ts";
import { partyKeys } from "./personal/party-keys.ts";
import { catalogRoutes } from "./rpc/routes.ts";
import { telemetryOf } from "./telemetry.ts";

/** Kinds and listings: what a market trades. */
export async function bindCatalog(host: Host): Promise<void> {
  const config = host.config(catalogSettings);
  const database = await host.database({ migrations });
  const events = await host.events(database);
  const telemetry = telemetryOf(host);
  const identity = host.mesh(IdentityService);
  const keys = partyKeys(
    async (parent, parties) => (await identity.getPartyKeys({ parent, parties: [...parties] })).partyKeys,
    () => host.now().getTime(),
  );
  events.follow(onPartyErased(keys, host.mesh(FeedService, { target: "identity" }), telemetry));

  const ownPosition = () => database.background((tx) => feedPosition(tx, listingFeed));
  const atStart = await ownPosition();
  const watching = watchers({ watchersMax: config.watchersMax, bufferedMax: config.watchBufferedMax });
  const follower = events.follow({
    service: host.name,
    feed: listingFeed,
    async bootstrap() {
      watching.interrupt("The service lost its place in the feed: list again.");
      return ownPosition();
    },
    apply: (envelopes) => watching.tell(envelopes),
  });
  host.background("watches", (signal) => untilDrained(watching, signal));

  host.serve(
    CatalogService,
    catalogRoutes({
      database,
      kinds: kindCache(),
      ordinals: ordinals(database),
      keys,
      feedEpoch: () => follower.position?.epoch ?? atStart.epoch,
      now: () => host.now(),
      watchers: watching,
      following: () => follower.caughtUp,
      telemetry,
      exports: { marketsMax: config.exportsMax, stallMs: config.exportStallMs },
    }),
  );
}

/** A watch has no end of its own: whoever drains would wait for it as long as it waits for any call. */
async function untilDrained(watching: Watchers, signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  watching.interrupt("The service is about to stop: watch again, and list again.");
}

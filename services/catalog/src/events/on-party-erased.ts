import { fromBinary } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { namePatterns, parseName } from "@marketmesh/contracts";
import type { Envelope, FeedService } from "@marketmesh/contracts/events/v1";
import { PartyErasedSchema } from "@marketmesh/contracts/identity/v1";
import type { FollowOptions } from "@marketmesh/events";
import type { PartyKeys } from "../personal/party-keys.ts";
import type { Telemetry } from "../telemetry.ts";

/**
 * Drops the key of an erased party from memory at once. There is nothing to load: what may have been missed before is made
 * good by forgetting every key. While identity can't be followed, keys still live for 5 minutes at most.
 */
export function onPartyErased(
  keys: PartyKeys,
  identityFeeds: Pick<Client<typeof FeedService>, "locateFeed">,
  telemetry: Telemetry,
): FollowOptions {
  return {
    service: "identity",
    feed: "party",
    async bootstrap(signal) {
      const { feedEpoch, lastSeq } = await identityFeeds.locateFeed(
        { feed: "party", feedSeq: 0n },
        { signal },
      );
      keys.clear();
      return { epoch: feedEpoch, feedSeq: lastSeq };
    },
    apply(envelopes) {
      for (const envelope of envelopes) {
        const erased = erasedParty(envelope);
        if (!erased) continue;
        keys.drop(erased.market, erased.party);
        telemetry.partyKeyDropped();
      }
    },
  };
}

function erasedParty({ fact }: Envelope) {
  if (!fact?.typeUrl.endsWith(`/${PartyErasedSchema.typeName}`)) return undefined;
  const name = parseName(namePatterns.party, fromBinary(PartyErasedSchema, fact.value).party?.name ?? "");
  return name.ok ? name.ids : undefined;
}

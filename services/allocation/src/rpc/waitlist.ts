import type { ServiceImpl } from "@connectrpc/connect";
import {
  OfferService,
  type WaitlistEntry as WaitlistEntryMessage,
} from "@marketmesh/contracts/allocation/v1";
import { actAsMarket, type Tx } from "@marketmesh/postgres";
import { type Caller, idsOf, invalidField, listById, notAccessible, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import type { Level } from "../domain/level.ts";
import { waitingMax } from "../domain/waitlist.ts";
import { announceWaitlist } from "../events/outbox.ts";
import { joinWaitlist } from "../offers/join-waitlist.ts";
import { topics } from "../rounds/signals.ts";
import type { Shell } from "../shell.ts";
import { readLevels } from "../storage/capacity-store.ts";
import { holdClock } from "../storage/clock-store.ts";
import { readPlan } from "../storage/plan-store.ts";
import { readKeptScore } from "../storage/ranking-store.ts";
import { listEntries, lockEntry, readEntry, saveEntry } from "../storage/waitlist-store.ts";
import { isFresh } from "./etag.ts";
import { listingOf, nameOf, patterns, planOf } from "./names.ts";
import { toWaitlistEntryMessage } from "./negotiation-message.ts";
import { found, refuse } from "./problem.ts";

const methods = OfferService.method;
type Methods = Pick<ServiceImpl<typeof OfferService>, "joinWaitlist" | "leaveWaitlist" | "listWaitlist">;

export function waitlist(shell: Shell): Methods {
  return {
    joinWaitlist: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const asked = parseEntry(market, request.waitlistEntry!);
      const mutation = { method: methods.joinWaitlist, market, request };
      const response = await mutate(shell, context, mutation, async (tx, caller) => {
        await actAsMarket(tx);
        const { time } = await holdClock(tx, market);
        const { waiting, demand, supply } = await sidesOf(tx, market, asked, caller);
        const plan = found(await readPlan(tx, market, asked.plan), caller, "PLAN_NOT_FOUND", asked.planName);
        if (plan.answeredBy === undefined)
          throw refuse("PLAN_WITHOUT_ANSWER", `nobody answers offers of ${asked.planName}`, {
            plan: asked.planName,
          });
        const kept = await readKeptScore(tx, market, asked.plan, demand, supply);
        // What a party says of itself is no score.
        const score = caller.reach === "PARTY" ? (kept ?? 0) : asked.score || (kept ?? 0);
        if (caller.reach === "PARTY" && kept === undefined)
          throw notAccessible(nameOf(market, "listings", asked.listing));
        const { listing, waitingListing } = asked;
        const from = {
          side: waiting.side,
          party: waiting.ownerParty,
          plan: asked.plan,
          score,
          createTime: time,
        };
        const entry = await joinWaitlist(tx, market, { id: shell.uuid(), listing, waitingListing, ...from });
        if (entry) return { waitlistEntry: toWaitlistEntryMessage(market, entry) };
        const metadata = { listing: nameOf(market, "listings", listing), waitingMax: String(waitingMax) };
        throw refuse("WAITLIST_FULL", `${waitingMax} wait already`, metadata);
      });
      shell.signals.tell(topics.offersSettled);
      return response;
    },

    leaveWaitlist: (request, context) => {
      const { market, waitlistEntry: id } = idsOf(patterns.waitlistEntry, request.name);
      const mutation = { method: methods.leaveWaitlist, market, request };
      return mutate(shell, context, mutation, async (tx, caller) => {
        found(await readEntry(tx, market, id), caller, "WAITLIST_ENTRY_NOT_FOUND", request.name);
        await actAsMarket(tx);
        const entry = await lockEntry(tx, market, id);
        if (entry.state === "LEFT") return { waitlistEntry: toWaitlistEntryMessage(market, entry) };
        if (entry.state === "SERVED")
          throw refuse("WAITLIST_ENTRY_SERVED", `${request.name} got its offer`, {
            waitlistEntry: request.name,
          });
        if (!isFresh(request.etag, entry.version)) throw staleEtag(request.name);
        const left = { ...entry, state: "LEFT", version: entry.version + 1 } as const;
        await saveEntry(tx, market, left);
        await announceWaitlist(tx, market, left);
        return { waitlistEntry: toWaitlistEntryMessage(market, left) };
      });
    },

    listWaitlist: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const filter = {
        listing: listingOf(market, request.listing, "listing"),
        waitingOnly: request.waitingOnly,
      };
      const { rows, nextPageToken } = await read(shell, context, market, (tx) =>
        listById(request, ["waitlist", market, filter], (after, limit) =>
          listEntries(tx, market, filter, after, limit),
        ),
      );
      return { waitlistEntries: rows.map((entry) => toWaitlistEntryMessage(market, entry)), nextPageToken };
    },
  };
}

function parseEntry(market: string, entry: WaitlistEntryMessage) {
  const listing = listingOf(market, entry.listing, "waitlist_entry.listing");
  const waitingListing = listingOf(market, entry.waitingListing, "waitlist_entry.waiting_listing");
  const plan = planOf(market, entry.plan, "waitlist_entry.plan");
  if (listing === undefined) throw invalidField("waitlist_entry.listing", "is required");
  if (waitingListing === undefined) throw invalidField("waitlist_entry.waiting_listing", "is required");
  if (plan === undefined) throw invalidField("waitlist_entry.plan", "is required");
  return { listing, waitingListing, plan, planName: entry.plan, score: entry.score };
}

/** Who waits for what, as levels. A party waits with its own listings only. */
async function sidesOf(
  tx: Tx,
  market: string,
  asked: { readonly listing: string; readonly waitingListing: string },
  caller: Caller,
) {
  const levels = await readLevels(tx, market, [asked.listing, asked.waitingListing]);
  const levelOf = (id: string): Level | undefined => levels.find(({ listingId }) => listingId === id);
  const name = (id: string) => nameOf(market, "listings", id);
  const known = levelOf(asked.waitingListing);
  const own = caller.reach !== "PARTY" || known?.ownerParty === caller.party;
  const waiting = found(own ? known : undefined, caller, "CAPACITY_NOT_FOUND", name(asked.waitingListing));
  const listing = found(levelOf(asked.listing), caller, "CAPACITY_NOT_FOUND", name(asked.listing));
  if (listing.side === waiting.side) {
    const metadata = { listing: name(asked.listing) };
    throw refuse("SIDE_INVALID", `${metadata.listing} stands on the same side`, metadata);
  }
  for (const { open, listingId } of [listing, waiting])
    if (!open)
      throw refuse("LISTING_NOT_OPEN", `${name(listingId)} is not ACTIVE`, { listing: name(listingId) });
  const [demand, supply] =
    listing.side === "DEMAND" ? [asked.listing, asked.waitingListing] : [asked.waitingListing, asked.listing];
  return { waiting, demand, supply };
}

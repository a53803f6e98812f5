import { ConnectError } from "@connectrpc/connect";
import { idsOf, reasonOf } from "@marketmesh/rpc";
import { joinWaitlist } from "../offers/join-waitlist.ts";
import type { Shell } from "../shell.ts";
import { holdClock } from "../storage/clock-store.ts";
import { readOffers } from "../storage/offer-store.ts";
import { patterns } from "./names.ts";

/**
 * Who accepts what others took meanwhile waits for the demand from now on, where the plan says so. In a transaction of its own: the
 * answer was refused.
 */
export async function joinLate(shell: Pick<Shell, "database" | "uuid">, name: string): Promise<void> {
  const { market, offer: id } = idsOf(patterns.offer, name);
  const scope = { market, reach: "MARKET", principal: "serviceAccounts/allocation", party: "" } as const;
  await shell.database.transaction(
    scope,
    async (tx) => {
      const [offer] = await readOffers(tx, market, [id]);
      if (!offer?.surplus || !offer.rules?.waitlist) return;
      const { time } = await holdClock(tx, market);
      const { demand: listing, supply: waitingListing, answeringParty: party, plan, score } = offer;
      const entry = { listing, waitingListing, side: "SUPPLY", party, plan, score } as const;
      await joinWaitlist(tx, market, { ...entry, id: shell.uuid(), createTime: time });
    },
    { mayRepeat: true },
  );
}

const late = new Set(["OFFER_SETTLED", "CAPACITY_EXHAUSTED"]);

/** Does it when a call is refused because others were faster, and goes on with the refusal. */
export function orLate(join: () => Promise<void>): (error: unknown) => Promise<never> {
  return async (error) => {
    if (error instanceof ConnectError && late.has(reasonOf(error) ?? "")) await join();
    throw error;
  };
}

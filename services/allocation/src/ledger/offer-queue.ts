import type { Tx } from "@marketmesh/postgres";
import type { Offer } from "../domain/hold.ts";
import { isReplaced, surplusWanted } from "../domain/offer-rules.ts";
import { insertOfferJobs } from "../storage/offer-job-store.ts";

/** Offers that came to nothing and are replaced become due in the transaction that ended them. */
export async function queueBackfill(tx: Tx, market: string, ended: readonly Offer[]): Promise<void> {
  const jobs = ended.flatMap((offer) => {
    const { state, rules, wave } = offer;
    const nothing = state === "DECLINED" || state === "EXPIRED";
    if (!nothing || !isReplaced(rules, wave)) return [];
    return [{ ...jobOf(offer), kind: "BACKFILL", rules, wanted: 1, wave: wave + 1 } as const];
  });
  await insertOfferJobs(tx, market, jobs);
}

/** A plan that offers more than there is: the others of a decision's first wave become due with it. */
export async function queueOverOffers(tx: Tx, market: string, made: readonly Offer[]): Promise<void> {
  const shared = made.filter(({ rules }) => rules?.over);
  const byDemand = Map.groupBy(shared, ({ decision, demand }) => `${decision}\n${demand}`);
  const jobs = [...byDemand.values()].flatMap((offers) => {
    const [offer] = offers as [Offer];
    // A hold for a waitlist has no ranking to offer more from.
    if (offer.decision === "") return [];
    const wanted = surplusWanted(offer.rules!, offers.length);
    return [{ ...jobOf(offer), kind: "OVER_OFFER", rules: offer.rules!, wanted, wave: 1 } as const];
  });
  await insertOfferJobs(tx, market, jobs);
}

function jobOf({ id, demand, plan, round, decision, units }: Offer) {
  return { offer: id, demand, plan, round, decision, units };
}

import { type Offer, Offer_State } from "@marketmesh/contracts/allocation/v1";
import { activeTraceparent, inSpan, keepTrace, tracerOf } from "@marketmesh/telemetry";

const tracer = tracerOf("cli");
/** Decisions of one market whose traces are kept whatever the ratio. */
const keptMax = 20;

/** The decisions of a market's job that are traced from their request on, and the offers that they made. */
export class FollowedOffers {
  readonly #traceIds = new Set<string>();

  /** Runs a request for a decision; the first ones begin traces that are kept. */
  decide<T>(name: string, request: () => Promise<T>): Promise<T> {
    if (this.#traceIds.size >= keptMax) return request();
    return inSpan(tracer, name, { [keepTrace]: 1 }, () => {
      const traceId = traceIdOf(activeTraceparent());
      if (traceId !== "") this.#traceIds.add(traceId);
      return request();
    });
  }

  /** Whether one trace holds the decision that made the offer, so that its answer is worth a call of its own. */
  has({ traceparent }: Offer): boolean {
    return this.#traceIds.has(traceIdOf(traceparent));
  }

  /** The trace of the first accepted one of these that is followed; empty when there is none. */
  traceIdOf(offers: readonly Offer[]): string {
    const good = offers.find((offer) => offer.state === Offer_State.ACCEPTED && this.has(offer));
    return good ? traceIdOf(good.traceparent) : "";
  }
}

/** Headers by which a call continues the trace of an offer. */
export function continuing({ traceparent }: Offer): { readonly traceparent?: string } {
  return traceparent === "" ? {} : { traceparent };
}

function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

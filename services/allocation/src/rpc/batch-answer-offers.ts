import type { MethodImpl } from "@connectrpc/connect";
import {
  AllocationService,
  Offer_State,
  type OfferAnswer,
  OfferAnswer_Answer,
} from "@marketmesh/contracts/allocation/v1";
import { actAsMarket } from "@marketmesh/postgres";
import { idsOf, invalidField } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import { linkActiveSpan } from "@marketmesh/telemetry";
import { type AnsweredOffer, answerOffers, type GivenAnswer } from "../ledger/answer-offers.ts";
import { topics } from "../rounds/signals.ts";
import type { Shell } from "../shell.ts";
import { answerableOffers } from "../storage/offer-store.ts";
import { toOfferStateMessage } from "./hold-message.ts";
import { patterns } from "./names.ts";
import { fromDeclineReason } from "./negotiation-message.ts";
import { refuse } from "./problem.ts";

const method = AllocationService.method.batchAnswerOffers;

export function batchAnswerOffers(shell: Shell): MethodImpl<typeof method> {
  return async (request, context) => {
    const { market } = idsOf(patterns.market, request.parent, "parent");
    const answers = parseAnswers(market, request.answers);
    const response = await mutate(shell, context, { method, market, request }, async (tx, caller) => {
      const ids = answers.map(({ offer }) => offer);
      const visible = await answerableOffers(tx, market, ids);
      await actAsMarket(tx);
      const asked = answers.filter(({ offer }) => visible.has(offer));
      const answered = await answerOffers(tx, market, asked);
      linkActiveSpan([...answered.values()].map(({ offer }) => offer.traceparent));
      count(shell, asked, answered);
      const hidden = caller.reach === "PARTY" ? "RESOURCE_NOT_ACCESSIBLE" : "OFFER_NOT_FOUND";
      return {
        offers: answers.map(({ offer }, at) =>
          outcomeOf(request.answers[at]!.offer, answered.get(offer), hidden),
        ),
      };
    });
    shell.signals.tell(topics.offersSettled);
    return response;
  };
}

function outcomeOf(name: string, answered: AnsweredOffer | undefined, hidden: string) {
  if (!answered) return { offer: name, state: Offer_State.UNSPECIFIED, reason: hidden };
  return { offer: name, state: toOfferStateMessage(answered.offer.state), reason: answered.refusal ?? "" };
}

function parseAnswers(market: string, answers: readonly OfferAnswer[]): GivenAnswer[] {
  const seen = new Set<string>();
  return answers.map(({ offer: name, answer, reason, reasonText }, at) => {
    const field = `answers[${at}].offer`;
    const ids = idsOf(patterns.offer, name, field);
    if (ids.market !== market) throw invalidField(field, `not an offer of markets/${market}`);
    if (seen.has(ids.offer)) throw refuse("OFFER_REPEATED", `${name} is named twice`, { offer: name }, field);
    seen.add(ids.offer);
    if (answer === OfferAnswer_Answer.ACCEPT) return { offer: ids.offer, answer: "ACCEPT" };
    return { offer: ids.offer, answer: "DECLINE", declineReason: fromDeclineReason(reason), reasonText };
  });
}

function count(
  shell: Shell,
  asked: readonly GivenAnswer[],
  answered: ReadonlyMap<string, AnsweredOffer>,
): void {
  const taken = asked.filter(({ offer }) => !answered.get(offer)?.refusal);
  const accepted = taken.filter(({ answer }) => answer === "ACCEPT").length;
  shell.telemetry.offersAnswered(accepted, taken.length - accepted, asked.length - taken.length);
}

import {
  RoundAwaitingApprovalSchema,
  RoundCommittedSchema,
  RoundRejectedSchema,
  RoundSettledSchema,
} from "@marketmesh/contracts/allocation/v1";
import { announce } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import type { Round, RoundState } from "../domain/round.ts";
import { toRoundMessage } from "../rpc/round-message.ts";
import { countOpenOffers } from "../storage/offer-store.ts";
import { announcement, pack } from "./outbox.ts";

/**
 * Announces that a round waits for its approval, is rejected, COMMITTED or SETTLED. Its facts are numbered from 1: the wait
 * for an approval, where there is one, comes first.
 */
export async function announceRound(tx: Tx, market: string, round: Round): Promise<void> {
  const open = await countOpenOffers(tx, market, [round.id]);
  const body = { round: toRoundMessage(market, round, open.get(round.id) ?? 0) };
  const waited = round.approvalExpireTime ? 1 : 0;
  const { packed, number } = factOf(round.state, body);
  await announce(tx, [announcement(market, "round", round.id, waited + number, packed)]);
}

function factOf(state: RoundState, body: { round: ReturnType<typeof toRoundMessage> }) {
  if (state === "AWAITING_APPROVAL") return { packed: pack(RoundAwaitingApprovalSchema, body), number: 0 };
  if (state === "REJECTED") return { packed: pack(RoundRejectedSchema, body), number: 1 };
  if (state === "SETTLED") return { packed: pack(RoundSettledSchema, body), number: 2 };
  return { packed: pack(RoundCommittedSchema, body), number: 1 };
}

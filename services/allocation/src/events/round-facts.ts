import { RoundCommittedSchema, RoundSettledSchema } from "@marketmesh/contracts/allocation/v1";
import { announce } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import type { Round } from "../domain/round.ts";
import { toRoundMessage } from "../rpc/round-message.ts";
import { countOpenOffers } from "../storage/offer-store.ts";
import { announcement, pack } from "./outbox.ts";

/** Announces that a round is COMMITTED or SETTLED: its first and its second fact. */
export async function announceRound(tx: Tx, market: string, round: Round): Promise<void> {
  const open = await countOpenOffers(tx, market, [round.id]);
  const body = { round: toRoundMessage(market, round, open.get(round.id) ?? 0) };
  const settled = round.state === "SETTLED";
  const packed = settled ? pack(RoundSettledSchema, body) : pack(RoundCommittedSchema, body);
  await announce(tx, [announcement(market, "round", round.id, settled ? 2 : 1, packed)]);
}

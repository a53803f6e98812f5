import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import {
  OfferRules_Backfill,
  type OfferRules as OfferRulesMessage,
  type OfferRulesSchema,
} from "@marketmesh/contracts/allocation/v1";
import type { OfferRules } from "../domain/offer-rules.ts";

const backfillWavesDefault = 10;

export function parseOfferRules(rules: OfferRulesMessage): OfferRules {
  const { backfill, backfillWavesMax, waveWindow, overOfferPerUnit, counterRoundsMax, waitlist } = rules;
  const waves = backfill === OfferRules_Backfill.AUTOMATIC ? backfillWavesMax || backfillWavesDefault : 0;
  return {
    backfillWavesMax: waves,
    ...(waveWindow && { waveWindowMs: durationMs(waveWindow) }),
    overOfferPerUnit: overOfferPerUnit || 1,
    counterRoundsMax,
    waitlist,
  };
}

export function toOfferRules(rules: OfferRules): MessageInitShape<typeof OfferRulesSchema> {
  const { backfillWavesMax, waveWindowMs, ...rest } = rules;
  const backfill = backfillWavesMax > 0 ? OfferRules_Backfill.AUTOMATIC : OfferRules_Backfill.NONE;
  return {
    ...rest,
    backfill,
    backfillWavesMax,
    ...(waveWindowMs !== undefined && { waveWindow: durationFromMs(waveWindowMs) }),
  };
}

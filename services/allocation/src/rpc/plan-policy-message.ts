import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import {
  Batching_Mode,
  type Batching as BatchingMessage,
  type GroupLimit,
  type GroupShare,
  type Limits,
  type ListingPair,
  type Objective,
  type PlanSchema,
} from "@marketmesh/contracts/allocation/v1";
import { invalidField } from "@marketmesh/rpc";
import type { PlanContent, PlanInput } from "../domain/plan.ts";
import type { Batching, PlanGroupShare, PlanLimits, PlanObjective, PlanPair } from "../domain/plan-policy.ts";
import { listingOf, nameOf } from "./names.ts";
import { toOfferRules } from "./offer-rules-message.ts";

type PlanInit = MessageInitShape<typeof PlanSchema>;

/** Parts that are absent in the message are absent in what is stored, so that equal plans are equal texts. */
export function parseObjective(message: Objective): PlanObjective {
  const { demandQuality, supplyQuality, fillBonus, waitingBonusPerHour, waitingBonusMax } = message;
  const groupBonuses = message.groupBonuses.map(({ grouping, value, bonus }) => ({ grouping, value, bonus }));
  return {
    ...(demandQuality !== undefined && { demandQuality }),
    ...(supplyQuality > 0 && { supplyQuality }),
    ...(fillBonus > 0 && { fillBonus }),
    ...(waitingBonusPerHour > 0 && { waitingBonusPerHour }),
    ...(waitingBonusMax > 0 && { waitingBonusMax }),
    ...(groupBonuses.length > 0 && { groupBonuses }),
  };
}

export function parseLimits(market: string, { groups, exclusions, pins }: Limits): PlanLimits {
  return {
    groups: groups.map(({ grouping, value, unitsMax }: GroupLimit) => ({
      grouping,
      ...(value !== "" && { value }),
      unitsMax,
    })),
    exclusions: pairsOf(market, exclusions, "plan.limits.exclusions"),
    pins: pairsOf(market, pins, "plan.limits.pins"),
  };
}

function pairsOf(market: string, pairs: readonly ListingPair[], path: string): PlanPair[] {
  return pairs.map(({ demand, supply }, at) => ({
    demand: listingOf(market, demand, `${path}[${at}].demand`) ?? "",
    supply: listingOf(market, supply, `${path}[${at}].supply`) ?? "",
  }));
}

export function parseShare({ grouping, value, unitsMin, unitsMax }: GroupShare): PlanGroupShare {
  return { grouping, value, unitsMin, ...(unitsMax !== undefined && { unitsMax }) };
}

/** Undefined: rounds begin when somebody asks. */
export function parseBatching(message: BatchingMessage): Batching | undefined {
  const { mode, interval, minimumDemands, maximumWait } = message;
  const refuse = (field: string, why: string) => invalidField(`plan.batching.${field}`, why, "PLAN_INVALID");
  if (mode === Batching_Mode.CONTINUOUS) {
    return {
      mode: "CONTINUOUS",
      intervalMs: interval ? durationMs(interval) : 1_000,
      minimumDemands: minimumDemands || 1,
      ...(maximumWait && { maximumWaitMs: durationMs(maximumWait) }),
    };
  }
  if (minimumDemands > 0) throw refuse("minimum_demands", "for MODE_CONTINUOUS only");
  if (maximumWait) throw refuse("maximum_wait", "for MODE_CONTINUOUS only");
  if (mode === Batching_Mode.SCHEDULED) {
    if (!interval) throw refuse("interval", "MODE_SCHEDULED needs one, 1 s to 366 days");
    return { mode: "SCHEDULED", intervalMs: durationMs(interval) };
  }
  if (interval) throw refuse("interval", "for MODE_SCHEDULED and MODE_CONTINUOUS only");
  return undefined;
}

/** The fields of a plan message that say by which policy rounds are decided. */
export function policyFields(market: string, plan: PlanContent): PlanInit {
  const { objective, limits, batching, approvalWindowMs, seed, shares, plannedRounds, offers } = plan;
  return {
    ...(objective && { objective: objectiveInit(objective) }),
    ...(limits && { limits: limitsInit(market, limits) }),
    ...(batching && { batching: batchingInit(batching) }),
    approvalRequired: approvalWindowMs !== undefined,
    ...(approvalWindowMs !== undefined && { approvalWindow: durationFromMs(approvalWindowMs) }),
    seed: BigInt(seed ?? 0),
    plannedRounds: plannedRounds ?? 0,
    shares: (shares ?? []).map((share) => ({ ...share })),
    ...(offers && { offers: toOfferRules(offers) }),
  };
}

function objectiveInit({ groupBonuses, ...objective }: PlanObjective): PlanInit["objective"] {
  return { ...objective, groupBonuses: (groupBonuses ?? []).map((bonus) => ({ ...bonus })) };
}

function limitsInit(market: string, { groups, exclusions, pins }: PlanLimits): PlanInit["limits"] {
  const named = ({ demand, supply }: PlanPair) => ({
    demand: nameOf(market, "listings", demand),
    supply: nameOf(market, "listings", supply),
  });
  return {
    groups: groups.map((group) => ({ ...group })),
    exclusions: exclusions.map(named),
    pins: pins.map(named),
  };
}

function batchingInit(batching: Batching): PlanInit["batching"] {
  const interval = durationFromMs(batching.intervalMs);
  if (batching.mode === "SCHEDULED") return { mode: Batching_Mode.SCHEDULED, interval };
  const { minimumDemands, maximumWaitMs } = batching;
  return {
    mode: Batching_Mode.CONTINUOUS,
    interval,
    minimumDemands,
    ...(maximumWaitMs !== undefined && { maximumWait: durationFromMs(maximumWaitMs) }),
  };
}

export type PolicyInput = Pick<
  PlanInput,
  "objective" | "limits" | "batching" | "approvalWindowMs" | "seed" | "shares" | "plannedRounds"
>;

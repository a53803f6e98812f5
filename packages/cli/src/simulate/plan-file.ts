import { basename } from "node:path";
import { create, fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import {
  type DraftPlan,
  DraftPlanSchema,
  Plan_Strategy,
  PlanSchema,
} from "@marketmesh/contracts/allocation/v1";
import { Fields } from "./document.ts";
import { secondsOf } from "./seconds-of.ts";

/** A strategy as the contract calls it. */
export type PlanStrategy = Exclude<keyof typeof Plan_Strategy, "UNSPECIFIED">;

export const planStrategies = Object.keys(Plan_Strategy).filter(
  (name): name is PlanStrategy => name !== "UNSPECIFIED",
);

const known = [
  ...["label", "strategy", "proposing", "topK", "unitMode", "answeredBy", "acceptanceWindow", "seed"],
  "plannedRounds",
  ...["objective", "limits", "shares"],
];

/** A plan as a file says it: what it leaves open is as the plan that it is compared with. */
export interface PlanFile {
  readonly fields: Fields;
  readonly label: string;
}

export function readPlanFile(file: string): PlanFile {
  const fields = Fields.read(file).only(...known);
  const label = fields.has("label") ? fields.text("label") : basename(file).replace(/\.[^.]+$/, "");
  return { fields, label };
}

/** The plan as the contract has it. Throws UsageError. */
export function draftOf({ fields, label }: PlanFile, market: string): DraftPlan {
  const json: Record<string, JsonValue> = {};
  const enums = {
    strategy: ["STRATEGY_", planStrategies],
    proposing: ["SIDE_", ["DEMAND", "SUPPLY"]],
    answeredBy: ["SIDE_", ["DEMAND", "SUPPLY"]],
    unitMode: ["UNIT_MODE_", ["SPREAD", "WHOLE"]],
  } as const;
  for (const [key, [prefix, words]] of Object.entries(enums)) {
    if (fields.has(key)) json[key] = `${prefix}${fields.word(key, words as readonly string[])}`;
  }
  if (fields.has("topK")) json.topK = fields.integer("topK", [1, 1_000]);
  if (fields.has("seed")) json.seed = fields.integer("seed", [0, Number.MAX_SAFE_INTEGER]);
  if (fields.has("plannedRounds")) json.plannedRounds = fields.integer("plannedRounds", [0, 10_000]);
  if (fields.has("acceptanceWindow")) {
    json.acceptanceWindow = `${secondsOf(fields.raw("acceptanceWindow"), fields.fieldOf("acceptanceWindow"))}s`;
  }
  for (const key of ["objective", "limits", "shares"]) {
    if (fields.has(key)) json[key] = named(fields.raw(key) as JsonValue, market);
  }
  try {
    return create(DraftPlanSchema, { label, plan: fromJson(PlanSchema, json as JsonObject) });
  } catch (cause) {
    throw fields.wrong(
      "",
      (cause as Error).message.replace(/^cannot decode message marketmesh\.allocation\.v1\./, ""),
    );
  }
}

/** Listings of limits by their ids alone are of this market. */
function named(value: JsonValue, market: string): JsonValue {
  if (Array.isArray(value)) return value.map((each) => named(each, market));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const listing =
        (key === "demand" || key === "supply") && typeof each === "string" && !each.includes("/");
      return [key, listing ? `markets/${market}/listings/${each}` : named(each as JsonValue, market)];
    }),
  );
}

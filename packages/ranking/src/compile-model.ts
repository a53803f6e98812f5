import {
  compileNumber,
  type Mistake,
  type MistakeCode,
  type NumberExpression,
  type Side,
  type SideTypes,
} from "@marketmesh/rules";
import { ONE, SCORE_MAX, settle, weigh } from "./fixed-point.ts";
import type { Feature, FormulaSource, Model, Overlap } from "./model.ts";

/** The attributes that both kinds declare. */
export interface PairTypes {
  readonly supply: SideTypes;
  readonly demand: SideTypes;
}

/** A model that was checked against two kinds and is ready to score. */
export interface CompiledModel {
  readonly model: Model;
  readonly features: readonly CompiledFeature[];
}

export type CompiledFeature =
  | { readonly kind: "FORMULA"; readonly feature: Feature; readonly number: NumberExpression }
  | { readonly kind: "OVERLAP"; readonly feature: Feature; readonly overlap: Overlap };

export type ModelProblemCode =
  | MistakeCode
  | "FEATURE_COUNT"
  | "ID_INVALID"
  | "ID_REPEATED"
  | "WEIGHT_INVALID"
  | "BOUNDS_INVALID"
  | "SCORE_UNBOUNDED";

/** One thing that is wrong with a model. */
export interface ModelProblem {
  readonly code: ModelProblemCode;
  /** Field path, as `features[2].overlap.supplyAttribute`. */
  readonly path: string;
  /** A whole sentence: what was found, what is allowed. */
  readonly message: string;
  /** Where in the expression, for problems of one. */
  readonly mistake?: Mistake;
}

/** Most features of a model. */
export const FEATURES_MAX = 64;
/** The largest absolute weight, and the largest absolute bound, in millionths. */
export const MILLIONTHS_MAX = 1_000_000_000;

/** Everything that is wrong with a model, in the order of its fields. Empty: it compiles. */
export function validateModel(model: Model, types: PairTypes): readonly ModelProblem[] {
  const result = compileModel(model, types);
  return result.ok ? [] : result.problems;
}

/**
 * Checks a model against the kinds of both sides: ids, weights, bounds, expressions, overlaps, no personal
 * attribute, and that no pair can score beyond ±(2³¹ - 1).
 */
export function compileModel(
  model: Model,
  types: PairTypes,
):
  | { readonly ok: true; readonly model: CompiledModel }
  | { readonly ok: false; readonly problems: readonly ModelProblem[] } {
  const count = model.features.length;
  if (count < 1 || count > FEATURES_MAX) {
    const message = `A model has 1 to ${FEATURES_MAX} features, not ${count}.`;
    return { ok: false, problems: [{ code: "FEATURE_COUNT", path: "features", message }] };
  }
  const problems: ModelProblem[] = [];
  const features: CompiledFeature[] = [];
  for (const [index, feature] of model.features.entries()) {
    const report = reporter(problems, `features[${index}]`);
    checkId(feature, model.features.slice(0, index), report);
    checkNumbers(feature, report);
    const compiled = compileFeature(feature, types, report);
    if (compiled !== undefined) features.push(compiled);
  }
  if (problems.length === 0) checkScoreBound(model, reporter(problems, "features"));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, model: { model, features } };
}

type Report = (code: ModelProblemCode, field: string, message: string, mistake?: Mistake) => void;

function reporter(problems: ModelProblem[], prefix: string): Report {
  return (code, field, message, mistake) => {
    const path = field === "" ? prefix : `${prefix}.${field}`;
    problems.push(mistake === undefined ? { code, path, message } : { code, path, message, mistake });
  };
}

const idPattern = /^[a-z][a-z0-9_]{0,62}$/;

function checkId({ id }: Feature, before: readonly Feature[], report: Report): void {
  if (!idPattern.test(id))
    report("ID_INVALID", "id", `The id ${JSON.stringify(id)} does not match ${idPattern.source}.`);
  else if (before.some((other) => other.id === id))
    report("ID_REPEATED", "id", `Two features have the id ${id}.`);
}

function checkNumbers(feature: Feature, report: Report): void {
  const range = `an integer from -${MILLIONTHS_MAX} to ${MILLIONTHS_MAX}`;
  if (!isMillionths(feature.weightMillionths)) {
    report(
      "WEIGHT_INVALID",
      "weightMillionths",
      `The weight is ${feature.weightMillionths}; allowed is ${range}.`,
    );
  }
  for (const field of ["minMillionths", "maxMillionths", "missingMillionths"] as const) {
    if (!isMillionths(feature[field]))
      report("BOUNDS_INVALID", field, `It is ${feature[field]}; allowed is ${range}.`);
  }
  if (feature.minMillionths > feature.maxMillionths) {
    const message = `The smallest value ${feature.minMillionths} is above the largest ${feature.maxMillionths}.`;
    report("BOUNDS_INVALID", "minMillionths", message);
  }
}

function isMillionths(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= MILLIONTHS_MAX;
}

function compileFeature(feature: Feature, types: PairTypes, report: Report): CompiledFeature | undefined {
  const { source } = feature;
  if ("overlap" in source) {
    checkTokens("supply", source.overlap.supplyAttribute, types.supply, report);
    checkTokens("demand", source.overlap.demandAttribute, types.demand, report);
    return { kind: "OVERLAP", feature, overlap: source.overlap };
  }
  return compileFormula(feature, source, types, report);
}

function compileFormula(
  feature: Feature,
  { expression }: FormulaSource,
  types: PairTypes,
  report: Report,
): CompiledFeature | undefined {
  const result = compileNumber({ source: expression, supply: types.supply, demand: types.demand });
  if (result.ok) return { kind: "FORMULA", feature, number: result.number };
  for (const mistake of result.mistakes) report(mistake.code, "expression", mistake.message, mistake);
  return undefined;
}

function checkTokens(side: Side, attribute: string, types: SideTypes, report: Report): void {
  const field = `overlap.${side}Attribute`;
  const declared = types.get(attribute);
  if (declared === undefined) {
    report(
      "UNKNOWN_ATTRIBUTE",
      field,
      `The ${side}'s kind declares no attribute ${JSON.stringify(attribute)}.`,
    );
  } else if (declared.personal) {
    report("PERSONAL_ATTRIBUTE_IN_RULE", field, `The ${side}'s attribute ${attribute} is personal data.`);
  } else if (declared.type !== "list<string>") {
    report(
      "TYPE_MISMATCH",
      field,
      `The ${side}'s attribute ${attribute} is ${declared.type}, not list<string>.`,
    );
  }
}

/** The largest terms, all of one sign, must not leave 32 bits. */
function checkScoreBound({ features }: Model, report: Report): void {
  const bound = features.reduce((sum, feature) => sum + largestTerm(feature), 0);
  if (bound <= SCORE_MAX) return;
  const message = `A pair could score ±${bound} millionths; lower the weights or the bounds until it is ${SCORE_MAX} at most.`;
  report("SCORE_UNBOUNDED", "", message);
}

function largestTerm(feature: Feature): number {
  const { source, weightMillionths } = feature;
  const isShare = "overlap" in source && source.overlap.normalisation !== "NONE";
  const extremes = isShare ? [0, ONE, undefined] : [-MILLIONTHS_MAX, MILLIONTHS_MAX, undefined];
  const largestValue = Math.max(...extremes.map((value) => Math.abs(settle(value, feature))));
  return weigh(Math.abs(weightMillionths), largestValue);
}

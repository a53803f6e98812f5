import { type ModelProblem, type PairTypes, validateModel } from "@marketmesh/ranking";
import type { ModelContent } from "./model.ts";

/** Something wrong with a model, and where. */
export interface ModelMistake {
  readonly reason: "EXPRESSION_INVALID" | "PERSONAL_ATTRIBUTE_IN_RULE" | "FEATURE_INVALID";
  /** Path from the model in proto names: `features[2].overlap.supply_attribute`. */
  readonly path: string;
  /** A finer word than the reason. */
  readonly code: string;
  /** From 1; 0 outside an expression. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Every mistake of a model, in the order of its fields. Empty: it scores. */
export function checkModel(content: ModelContent, types: PairTypes): readonly ModelMistake[] {
  return validateModel(content, types).map(toMistake);
}

function toMistake({ code, path, message, mistake }: ModelProblem): ModelMistake {
  return {
    reason: reasonOf(code, mistake !== undefined),
    path: protoPath(path),
    code,
    line: mistake?.line ?? 0,
    column: mistake?.column ?? 0,
    message,
  };
}

function reasonOf(code: string, isInExpression: boolean): ModelMistake["reason"] {
  if (code === "PERSONAL_ATTRIBUTE_IN_RULE") return code;
  return isInExpression ? "EXPRESSION_INVALID" : "FEATURE_INVALID";
}

// The ranking names fields as TypeScript does; a feature's id is `feature` in the contract.
function protoPath(path: string): string {
  return path.replace(/\.id$/, ".feature").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

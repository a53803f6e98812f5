/** Why an expression was refused. TOO_COMPLEX: it is longer, deeper or more nested than is read. */
export type MistakeCode =
  | "SYNTAX"
  | "TOO_COMPLEX"
  | "UNKNOWN_NAME"
  | "UNKNOWN_ATTRIBUTE"
  | "PERSONAL_ATTRIBUTE_IN_RULE"
  | "TYPE_MISMATCH"
  | "UNSUPPORTED"
  | "INVALID_LITERAL"
  | "RESULT_TYPE";

/** One mistake in an expression, placed so that an editor can underline it. */
export interface Mistake {
  readonly code: MistakeCode;
  /** A whole sentence that names what was found and, where it helps, what is allowed. */
  readonly message: string;
  /** 1-based line. */
  readonly line: number;
  /** 1-based column, in UTF-16 code units. */
  readonly column: number;
  /** Characters to underline, at least 1. */
  readonly length: number;
}

/**
 * A value that an attribute holds at run time. Timestamps are epoch milliseconds, durations milliseconds;
 * a missing attribute is `undefined`, never `null`.
 */
export type Value = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[];

export type ScalarType = "string" | "number" | "boolean" | "timestamp" | "duration";

/** The type of an expression. There is one number type: a double, as in JSON. */
export type ValueType = ScalarType | `list<${ScalarType}>` | "list<nothing>";

/** The types that an attribute of a kind may have. */
export type AttributeType = "string" | "number" | "boolean" | "timestamp" | "list<string>" | "list<number>";

/** The attributes of one listing, or one row of an import, by name. Absent and `undefined` both mean missing. */
export type Attributes = Readonly<Record<string, Value | undefined>>;

/** What a kind says about one attribute. */
export interface AttributeDeclaration {
  readonly type: AttributeType;
  /** The kind's schema lists it under `required`. */
  readonly required: boolean;
  /** Personal data: no rule, feature or index may name it. */
  readonly personal: boolean;
}

/** The attributes that one side (the kind of supply, or the kind of demand) declares, by name. */
export type SideTypes = ReadonlyMap<string, AttributeDeclaration>;

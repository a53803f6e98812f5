/** One condition. */
export interface Rule {
  /** The reason code of a supply that fails it, unique in its policy. */
  readonly reason: string;
  /** CEL over `supply`, `demand` and `now`. */
  readonly expression: string;
  readonly description: string;
}

/** The rules between two kinds at one version. */
export interface Policy {
  readonly market: string;
  readonly id: string;
  /** The id of a kind. */
  readonly demandKind: string;
  readonly supplyKind: string;
  readonly rules: readonly Rule[];
  /** From 1. */
  readonly version: bigint;
  /** The versions of the kinds that the rules were checked against. */
  readonly demandKindVersion: bigint;
  readonly supplyKindVersion: bigint;
  readonly createTime: Date;
  /** When this version was made. */
  readonly updateTime: Date;
}

export function sameRules(left: readonly Rule[], right: readonly Rule[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ reason, expression, description }, at) => {
      const other = right[at];
      return reason === other?.reason && expression === other.expression && description === other.description;
    })
  );
}

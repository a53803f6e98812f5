/** The longest expression that is read, in UTF-16 code units. */
export const sourceLengthMax = 16_384;

/** Each level of quantifiers multiplies the time that an evaluation takes by the length of a list. */
export const nestingMax = 2;

/** The longest list that an attribute may hold and that a quantifier, `filter` or `map` runs through. */
export const listItemsMax = 1_000;

/** The longest text that an expression makes, in UTF-16 code units: chained `replace` would grow without end. */
export const textLengthMax = 262_144;

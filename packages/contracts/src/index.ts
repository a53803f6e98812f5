export type { ColumnValue } from "./attribute-columns.ts";
export { isMarketId, isResourceId, marketIdPattern, resourceIdPattern } from "./ids.ts";
export {
  blockRowsMax,
  decodeListingBlock,
  encodeListingBlock,
  type ListingColumnsRow,
} from "./listing-columns.ts";
export { type Policy, policyOf } from "./method-policy.ts";
export { membersOf, type PackedMembers, type PackedSetHeader, toPackedSet } from "./packed-set.ts";
export {
  formatName,
  type IdsOf,
  marketOf,
  type NameProblem,
  namePatterns,
  type ParsedName,
  parseName,
} from "./resource-name.ts";
export { decodeRevision, encodeRevision, type Revision } from "./revision.ts";

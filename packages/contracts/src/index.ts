export { isMarketId, isResourceId, marketIdPattern, resourceIdPattern } from "./ids.ts";
export { type Policy, policyOf } from "./method-policy.ts";
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

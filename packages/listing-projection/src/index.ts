export {
  type AttributeMistake,
  attributesOfListing,
  inlineAttributes,
  plainValue,
} from "./attributes.ts";
export { type Breather, breather } from "./breather.ts";
export { type FollowListingsOptions, followListings, type ListingProjection } from "./follow-listings.ts";
export { typesOfKind } from "./kind-types.ts";
export { ProjectedKind } from "./projected-kind.ts";
export { ordinalsOf, type SetHeader, toSet } from "./sets.ts";

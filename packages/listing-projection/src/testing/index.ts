export { type ListingInit, type StandInCatalog, standInCatalog } from "./stand-in-catalog.ts";

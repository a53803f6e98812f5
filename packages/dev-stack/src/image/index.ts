export { type Bundle, type BundleOptions, bundleService } from "./bundle.ts";
export { type Release, releaseOf } from "./release.ts";

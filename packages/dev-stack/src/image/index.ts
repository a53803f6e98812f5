export { type Bundle, type BundleOptions, bundleService } from "./bundle.ts";
export { BUNDLED, bundleFolder } from "./command.ts";
export { type Release, releaseOf } from "./release.ts";
export type { Sbom, SbomComponent } from "./sbom.ts";

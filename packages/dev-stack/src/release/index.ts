export {
  type NoRelease,
  previousRelease,
  type Release,
  servicesOf,
  UPGRADE_FROM_KEY,
} from "./previous-release.ts";
export { releaseCheckout } from "./release-checkout.ts";

import type { ServiceImpl } from "@connectrpc/connect";
import type { OfferService } from "@marketmesh/contracts/allocation/v1";
import type { Shell } from "../shell.ts";
import { counterOffers } from "./counter-offers.ts";
import { waitlist } from "./waitlist.ts";

export function offerRoutes(shell: Shell): ServiceImpl<typeof OfferService> {
  return { ...counterOffers(shell), ...waitlist(shell) };
}

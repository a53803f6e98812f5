import type { Place } from "../domain/names.ts";

/** Who a good credential belongs to. */
export interface Identity {
  /** A full name. */
  readonly principal: string;
  /** Where the credential belongs when the request names no market. */
  readonly place: Place;
  /** The party's id that the issuer of an ID token binds the user to, in `place`; empty when it binds none. */
  readonly boundParty: string;
  /** When the credential ends. */
  readonly expireTime: Date | undefined;
}

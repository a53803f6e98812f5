import { createHash } from "node:crypto";
import { decodeJwt, jwtVerify } from "jose";
import { collections, nameIn } from "../domain/names.ts";
import type { Issuer } from "../domain/resources.ts";
import { type IssuerKeys, IssuerUnreachableError } from "./issuer-keys.ts";

const clockSkewSeconds = 60;

/** What a good ID token says. */
export interface Identified {
  /** The user's principal name. */
  readonly principal: string;
  /** The party's id that the issuer's party claim names; empty when it names none. */
  readonly party: string;
}

/** The `iss` of a token that nobody has checked yet: good for finding its issuer, and for nothing else. */
export function claimedIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** Undefined for a token that is forged, expired, or not for us. Throws IssuerUnreachableError. */
export async function verifyIdToken(
  token: string,
  issuer: Issuer,
  keys: IssuerKeys,
  now: Date,
): Promise<Identified | undefined> {
  try {
    const { payload } = await jwtVerify(token, keys.of(issuer.issuerUri), {
      issuer: issuer.issuerUri,
      audience: [...issuer.audiences],
      algorithms: [...issuer.algorithms],
      requiredClaims: ["sub", "exp", "iat"],
      clockTolerance: clockSkewSeconds,
      currentDate: now,
    });
    const { sub } = payload;
    if (typeof sub !== "string" || sub === "") return undefined;
    const party = issuer.partyClaim === "" ? undefined : payload[issuer.partyClaim];
    return { principal: userOf(issuer, sub), party: typeof party === "string" ? party : "" };
  } catch (cause) {
    if (cause instanceof IssuerUnreachableError) throw cause;
    return undefined;
  }
}

/**
 * A user's principal name: a hash of `iss` and `sub`, because a subject may be an e-mail address. It lies in the issuer's own
 * place, so that an issuer that a market registered can't speak for users of the platform.
 */
export function userOf(issuer: Pick<Issuer, "place" | "issuerUri">, subject: string): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([issuer.issuerUri, subject]))
    .digest("hex");
  return nameIn(issuer.place, collections.user, hash.slice(0, 32));
}

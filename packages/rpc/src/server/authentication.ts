import { Code } from "@connectrpc/connect";
import type { Caller } from "../caller.ts";
import { problem } from "../problem.ts";
import type { VerifiedToken } from "../token/claims.ts";
import type { TokenVerifier } from "../token/verifier.ts";

/** Who calls: the token that the connection's other end holds, and the one of whom it calls for. */
export interface Authenticated {
  /** Holds the permission. */
  readonly direct: VerifiedToken;
  /** Decides market, party and what rows are visible. */
  readonly end: VerifiedToken;
}

/** The headers of a request, to be asked by lower-case name. */
export type HeaderView = Pick<Headers, "get">;

export const callerHeader = "marketmesh-caller";
const outsideAudience = "marketmesh";

/** Verifies the tokens of a request. Resolves to undefined when there is none. */
export async function authenticate(
  verifier: TokenVerifier,
  service: string,
  header: HeaderView,
): Promise<Authenticated | undefined> {
  const bearer = header.get("authorization");
  if (bearer === null) return undefined;
  if (!/^bearer /i.test(bearer))
    throw refused(service, "TOKEN_INVALID", "authorization must be a Bearer token");
  const direct = await verified(verifier, service, bearer.slice(7).trim());
  if (direct.audience !== outsideAudience && direct.audience !== service)
    throw wrongAudience(service, direct);
  const callerToken = header.get(callerHeader);
  if (callerToken === null) return { direct, end: direct };
  if (!isServiceToken(direct, service)) {
    throw refused(service, "TOKEN_INVALID", `${callerHeader} is accepted from services only`);
  }
  const end = await verified(verifier, service, callerToken);
  if (end.audience !== outsideAudience) throw wrongAudience(service, end);
  return { direct, end };
}

/** A service's own token: made for exactly this service, and of platform reach. */
export function isServiceToken(token: VerifiedToken, service: string): boolean {
  return token.audience === service && token.reach === "PLATFORM";
}

/** The caller that handlers see. */
export function callerFrom({ direct, end }: Authenticated, requestId: string): Caller {
  return {
    principal: end.principal,
    reach: end.reach,
    ...(end.market !== undefined && { market: end.market }),
    ...(end.party !== undefined && { party: end.party }),
    permissions: end.permissions,
    token: end.token,
    requestId,
    ...(direct !== end && { via: direct.principal }),
  };
}

async function verified(verifier: TokenVerifier, service: string, token: string): Promise<VerifiedToken> {
  const known = verifier.known(token);
  if (known) return known;
  const verdict = await verifier.verify(token);
  if (verdict.ok) return verdict.token;
  if (verdict.problem === "KEYS_UNAVAILABLE") {
    throw problem(Code.Unavailable, "UNREACHABLE", "the keys that tokens are signed with are not known yet", {
      domain: domainOf(service),
      metadata: { target: "identity" },
      retryAfterMs: 500,
      cause: verdict.cause,
    });
  }
  if (verdict.problem === "EXPIRED") throw refused(service, "TOKEN_EXPIRED", "the token has expired");
  throw refused(service, "TOKEN_INVALID", "the token is not valid");
}

function wrongAudience(service: string, token: VerifiedToken) {
  const metadata = { audience: token.audience, expected: service };
  return refused(service, "AUDIENCE_MISMATCH", "the token is meant for another service", metadata);
}

export function refused(service: string, reason: string, message: string, metadata?: Record<string, string>) {
  return problem(Code.Unauthenticated, reason, message, {
    domain: domainOf(service),
    ...(metadata && { metadata }),
  });
}

export function domainOf(service: string): string {
  return `${service}.marketmesh`;
}

import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type {
  AccessTokenSchema,
  ExchangeTokenRequest,
  TokenService,
} from "@marketmesh/contracts/identity/v1";
import { callerOf } from "@marketmesh/rpc";
import { meshAudience, rightsOf, type Wanted } from "../domain/grant.ts";
import { marketName, partyName } from "../domain/names.ts";
import { refuse } from "../domain/problem.ts";
import type { Shell } from "../shell.ts";
import { type IssuedToken, issueToken, type TokenRequest } from "../tokens/access-token.ts";
import type { Credential, Exchanges } from "../tokens/exchanges.ts";
import type { Identity } from "../tokens/identity.ts";
import type { KeyRing } from "../tokens/key-ring.ts";
import { reachMessage } from "./messages.ts";
import { must, toConnectError } from "./problem.ts";
import { marketOf, partyOf } from "./request-names.ts";

export interface TokenParts {
  readonly shell: Shell;
  readonly keyRing: KeyRing;
}

/** A credential in, a token out. What is refused is refused alike, so that nobody learns why a credential is bad. */
export function exchangeToken(
  { shell, keyRing }: TokenParts,
  exchanges: Exchanges,
): MethodImpl<typeof TokenService.method.exchangeToken> {
  return async (request, context: HandlerContext) => {
    const market = request.market === "" ? undefined : marketOf(request.market, "market");
    const asked = request.party === "" ? undefined : partyOf(request.party, "party");
    const place = market ?? asked?.market;
    const identity: Identity = must(
      await exchanges.identify(credentialOf(request.grant), place, callerOf(context).requestId),
    );
    const wanted: Wanted = {
      principal: identity.principal,
      place: place ?? identity.place,
      party: asked?.party ?? "",
      audience: request.audience === "" ? meshAudience : request.audience,
    };
    if (asked && asked.market !== wanted.place) {
      throw toConnectError(
        refuse("NO_GRANT", "market and party differ", { principal: wanted.principal, market: wanted.place }),
      );
    }
    const rights = must(rightsOf(await exchanges.grantsOf(identity, wanted.place), wanted));
    const tokenRequest: TokenRequest = {
      principal: identity.principal,
      audience: wanted.audience,
      rights,
      actor: "",
      credentialExpireTime: identity.expireTime,
      id: shell.uuid(),
    };
    return {
      accessToken: tokenMessage(tokenRequest, issueToken(tokenRequest, keyRing.signer(), shell.now())),
    };
  };
}

function credentialOf(grant: ExchangeTokenRequest["grant"]): Credential {
  // Validation has refused a request without a grant; an empty key is refused like any other bad one.
  return grant.case === undefined ? { case: "apiKey", value: "" } : grant;
}

export function tokenMessage(
  { principal, rights }: TokenRequest,
  issued: IssuedToken,
): MessageInitShape<typeof AccessTokenSchema> {
  const { market, party, permissions, reach } = rights;
  return {
    token: issued.token,
    expireTime: timestampFromDate(issued.expireTime),
    principal,
    reach: reachMessage[reach],
    market: market === "" ? "" : marketName(market),
    party: party === "" ? "" : partyName(market, party),
    permissions: [...permissions],
  };
}

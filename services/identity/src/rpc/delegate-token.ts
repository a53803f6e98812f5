import type { MethodImpl } from "@connectrpc/connect";
import type { TokenService } from "@marketmesh/contracts/identity/v1";
import { scopeOf } from "@marketmesh/postgres";
import { callerOf, holds } from "@marketmesh/rpc";
import { audit } from "../audit.ts";
import { meshAudience, rightsInPlaceOf } from "../domain/grant.ts";
import { partyName } from "../domain/names.ts";
import { mustBeActive, partyMissing } from "../domain/party.ts";
import { findParty } from "../storage/party-store.ts";
import { issueToken, type TokenRequest } from "../tokens/access-token.ts";
import { type TokenParts, tokenMessage } from "./exchange-token.ts";
import { found, must } from "./problem.ts";
import { partyOf } from "./request-names.ts";

/** A caller acts in place of a party: narrower than itself, named in the token, and on record before the token is out. */
export function delegateToken({
  shell,
  keyRing,
}: TokenParts): MethodImpl<typeof TokenService.method.delegateToken> {
  return async (request, context) => {
    const caller = callerOf(context);
    const { market, party: id } = partyOf(request.party, "party");
    const name = partyName(market, id);
    const tokenId = shell.uuid();
    await shell.database.transaction(scopeOf(caller, market), async (tx) => {
      must(mustBeActive(found(await findParty(tx, market, id), caller, partyMissing(market, id))));
      await audit(shell, tx, caller, {
        place: market,
        action: "DelegateToken",
        resource: name,
        details: { jti: tokenId },
      });
    });
    const tokenRequest: TokenRequest = {
      principal: name,
      audience: meshAudience,
      rights: rightsInPlaceOf(market, id, (wanted) => holds(caller.permissions, wanted)),
      actor: caller.principal,
      credentialExpireTime: undefined,
      id: tokenId,
    };
    return {
      accessToken: tokenMessage(tokenRequest, issueToken(tokenRequest, keyRing.signer(), shell.now())),
    };
  };
}

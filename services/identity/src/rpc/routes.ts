import type { ServiceImpl } from "@connectrpc/connect";
import type { IdentityService, TokenService } from "@marketmesh/contracts/identity/v1";
import type { ErasureList } from "../erasures/erasure-list.ts";
import type { MasterKey } from "../secrets/master-key.ts";
import type { Shell } from "../shell.ts";
import type { Exchanges } from "../tokens/exchanges.ts";
import { apiKeys } from "./api-keys.ts";
import { auditEntries } from "./audit-entries.ts";
import { delegateToken } from "./delegate-token.ts";
import { erasures } from "./erasures.ts";
import { exchangeToken, type TokenParts } from "./exchange-token.ts";
import { grants } from "./grants.ts";
import { issuers } from "./issuers.ts";
import { listSigningKeys } from "./list-signing-keys.ts";
import { markets } from "./markets.ts";
import { parties } from "./parties.ts";
import { partyKeys } from "./party-keys.ts";
import { serviceAccounts } from "./service-accounts.ts";

/** The verbs of one resource stand in one file each. */
export function identityRoutes(
  shell: Shell,
  options: {
    readonly masterKey: MasterKey;
    readonly httpIssuersAllowed: boolean;
    readonly erasureList: ErasureList | undefined;
  },
): ServiceImpl<typeof IdentityService> {
  return {
    ...markets(shell),
    ...parties(shell),
    ...erasures(shell, options.erasureList),
    ...partyKeys(shell, options.masterKey),
    ...grants(shell),
    ...serviceAccounts(shell),
    ...apiKeys(shell),
    ...issuers(shell, { httpAllowed: options.httpIssuersAllowed }),
    ...auditEntries(shell),
  };
}

export function tokenRoutes(parts: TokenParts, exchanges: Exchanges): ServiceImpl<typeof TokenService> {
  return {
    exchangeToken: exchangeToken(parts, exchanges),
    delegateToken: delegateToken(parts),
    listSigningKeys: listSigningKeys(parts.keyRing),
  };
}

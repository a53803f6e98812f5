import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import { TokenService } from "@marketmesh/contracts/identity/v1";
import { cachedTokens, type TokenSource } from "./token-source.ts";

export interface IdentityTokensOptions {
  /** A way to identity that needs no token. */
  readonly transport: Transport;
  readonly apiKey: string;
  /** `markets/{market}`; absent means the key's own reach. */
  readonly market?: string;
  /** `markets/{market}/parties/{party}`; absent unless the principal acts for one of several. */
  readonly party?: string;
  readonly nowMs: () => number;
}

const exchangeTimeoutMs = 5_000;

/** Tokens that identity issues for an API key, one per audience, renewed before they end. */
export function identityTokens(options: IdentityTokensOptions): TokenSource {
  const tokens = createClient(TokenService, options.transport);
  const { apiKey, market = "", party = "" } = options;
  return cachedTokens(async (audience) => {
    const grant = { case: "apiKey", value: apiKey } as const;
    const { accessToken } = await tokens.exchangeToken(
      { grant, market, party, audience },
      { timeoutMs: exchangeTimeoutMs },
    );
    if (!accessToken?.expireTime) throw new Error("identity answered without a token");
    return { token: accessToken.token, expiresAtMs: timestampMs(accessToken.expireTime) };
  }, options.nowMs);
}

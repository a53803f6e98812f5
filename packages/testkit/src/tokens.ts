import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { TokenService } from "@marketmesh/contracts/identity/v1";
import { problem } from "@marketmesh/rpc";
import { type RunningService, start } from "@marketmesh/service-host";
import { SignJWT } from "jose";
import { createSigningKey, type SigningKey } from "./signing-key.ts";

/** What a test token says; the defaults make a caller of platform reach who may do everything. */
export interface TestTokenClaims {
  readonly principal?: string;
  readonly reach?: "PLATFORM" | "MARKET" | "PARTY";
  /** The market's id. */
  readonly market?: string;
  /** The party's id. */
  readonly party?: string;
  readonly permissions?: readonly string[];
  /** `marketmesh`, or the name of the service that a service token is for. */
  readonly audience?: string;
  /** Negative for a token that has expired. */
  readonly expiresInS?: number;
}

/** Signs tokens as identity would. */
export type TestToken = (claims?: TestTokenClaims) => Promise<string>;

/** A stand-in for identity: signs tokens, serves its keys, and exchanges any API key for a service token. */
export interface TestIssuer extends AsyncDisposable {
  /** For `MESH_IDENTITY_URL`. */
  readonly url: string;
  readonly testToken: TestToken;
  /** Signs with another key of the same issuer from now on. The old one stays known. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

const lifeS = 900;

/** Starts a test issuer on a free port of loopback. An API key may be `serviceAccounts/NAME`, which becomes the principal. */
export async function startTestIssuer(port = 0): Promise<TestIssuer> {
  const keys: SigningKey[] = [await createSigningKey()];
  const testToken: TestToken = (claims) => sign(keys.at(-1) as SigningKey, claims);
  const service: RunningService = await start(
    "identity",
    (host) => {
      host.http("/.well-known/jwks.json", (_, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
      });
      host.serve(TokenService, {
        exchangeToken: async ({ grant, audience }) => {
          if (grant.case !== "apiKey") throw notHere();
          const principal = grant.value.startsWith("serviceAccounts/") ? grant.value : "serviceAccounts/test";
          const token = await testToken({ principal, audience: audience || "marketmesh" });
          return {
            accessToken: { token, principal, expireTime: timestampFromMs(Date.now() + lifeS * 1000) },
          };
        },
        delegateToken: () => {
          throw notHere();
        },
        listSigningKeys: () => ({ signingKeys: [] }),
      });
    },
    { PORT: String(port) },
  );
  return {
    url: service.url,
    testToken,
    async rotate() {
      keys.push(await createSigningKey());
    },
    close: service.close,
    [Symbol.asyncDispose]: service.close,
  };
}

/** A token signed by the key, with exactly these claims and identity's form. */
export async function sign(key: SigningKey, claims: TestTokenClaims = {}): Promise<string> {
  const { reach = claims.party ? "PARTY" : claims.market ? "MARKET" : "PLATFORM" } = claims;
  const nowS = Math.floor(Date.now() / 1000);
  return await new SignJWT({
    reach,
    ...(claims.market !== undefined && { mkt: claims.market }),
    ...(claims.party !== undefined && { pty: claims.party }),
    perms: claims.permissions ?? ["*"],
  })
    .setProtectedHeader({ alg: "EdDSA", kid: key.kid, typ: "JWT" })
    .setIssuer("marketmesh")
    .setSubject(claims.principal ?? "users/test")
    .setAudience(claims.audience ?? "marketmesh")
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + (claims.expiresInS ?? lifeS))
    .sign(key.privateKey);
}

function notHere() {
  return problem(Code.Unimplemented, "UNIMPLEMENTED", "the test issuer exchanges API keys only");
}

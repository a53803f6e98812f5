import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";
import { createSigningKey, type SigningKey } from "./signing-key.ts";

/** An OpenID Connect issuer for tests: discovery, keys and ID tokens of whomever the test says. */
export interface TestOidcIssuer extends AsyncDisposable {
  /** The `iss` of its tokens, and where its discovery document is found. */
  readonly issuer: string;
  /** An ID token; `claims` add to or replace the standard ones. */
  idToken(subject: string, audience: string, claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Signs with a new key; the old one is no longer served. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

const lifeS = 300;

/** Starts an issuer on a free port of loopback. It signs with RS256, as most do. */
export async function startTestOidcIssuer(): Promise<TestOidcIssuer> {
  let key: SigningKey = await createSigningKey("RS256");
  const server = createServer((request, response) => {
    const document = documents(issuer, key)[request.url ?? ""];
    response.writeHead(document ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    issuer,
    idToken: (subject, audience, claims = {}) => {
      const nowS = Math.floor(Date.now() / 1000);
      const standard = { iss: issuer, sub: subject, aud: audience, iat: nowS, exp: nowS + lifeS };
      return new SignJWT({ ...standard, ...claims })
        .setProtectedHeader({ alg: "RS256", kid: key.kid, typ: "JWT" })
        .sign(key.privateKey);
    },
    async rotate() {
      key = await createSigningKey("RS256");
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function documents(issuer: string, key: SigningKey): Record<string, unknown> {
  return {
    "/.well-known/openid-configuration": {
      issuer,
      jwks_uri: `${issuer}/jwks`,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
    },
    "/jwks": { keys: [key.jwk] },
  };
}

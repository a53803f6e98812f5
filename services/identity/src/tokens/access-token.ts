import { sign } from "node:crypto";
import type { Rights } from "../domain/grant.ts";
import type { Signer } from "./key-ring.ts";

/** No token lives longer. */
export const tokenLifeMs = 15 * 60_000;
export const tokenIssuer = "marketmesh";

export interface TokenRequest {
  readonly principal: string;
  readonly audience: string;
  readonly rights: Rights;
  /** The principal that acts in place of `principal`; empty when it acts itself. */
  readonly actor: string;
  /** The credential ends then, and the token with it. */
  readonly credentialExpireTime: Date | undefined;
  readonly id: string;
}

export interface IssuedToken {
  readonly token: string;
  readonly expireTime: Date;
}

/** Signs a token: about 30 us, nearly all of it Ed25519. */
export function issueToken(request: TokenRequest, signer: Signer, now: Date): IssuedToken {
  const endMs = Math.min(
    now.getTime() + tokenLifeMs,
    request.credentialExpireTime?.getTime() ?? Number.POSITIVE_INFINITY,
  );
  const exp = Math.floor(endMs / 1_000);
  const { rights } = request;
  const payload = {
    iss: tokenIssuer,
    sub: request.principal,
    aud: request.audience,
    reach: rights.reach,
    ...(rights.market !== "" && { mkt: rights.market }),
    ...(rights.party !== "" && { pty: rights.party }),
    perms: rights.permissions,
    ...(request.actor !== "" && { act: { sub: request.actor } }),
    iat: Math.floor(now.getTime() / 1_000),
    exp,
    jti: request.id,
  };
  const input = `${signer.header}.${encode(payload)}`;
  const signature = sign(null, Buffer.from(input), signer.privateKey).toString("base64url");
  return { token: `${input}.${signature}`, expireTime: new Date(exp * 1_000) };
}

/** The first part of every token that a key signs. */
export function headerOf(keyId: string): string {
  return encode({ alg: "EdDSA", typ: "JWT", kid: keyId });
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

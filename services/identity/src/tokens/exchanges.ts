import { type ApiKey, looksLikeSecret, stateOf } from "../domain/api-key.ts";
import type { FailureLimiter } from "../domain/failure-limiter.ts";
import type { Grant } from "../domain/grant.ts";
import { collections, nameIn, type Place } from "../domain/names.ts";
import { accept, type Decision, type Problem, refuse } from "../domain/problem.ts";
import { claimedIssuer, verifyIdToken } from "../oidc/id-token.ts";
import { type IssuerKeys, IssuerUnreachableError } from "../oidc/issuer-keys.ts";
import { sha256Of } from "../secrets/api-key-secret.ts";
import type { Shell } from "../shell.ts";
import { findBySecret } from "../storage/api-key-store.ts";
import { insertAuditEntry } from "../storage/audit-store.ts";
import { grantsOf } from "../storage/grant-store.ts";
import { findIssuerByUri } from "../storage/issuer-store.ts";
import { findParty } from "../storage/party-store.ts";
import type { Identity } from "./identity.ts";

/** What a caller proves itself by. */
export type Credential =
  | { readonly case: "apiKey"; readonly value: string }
  | { readonly case: "idToken"; readonly value: string };

/** Recognises credentials. Nobody has a market yet here, so all of it reads as the background role. */
export interface Exchanges {
  identify(credential: Credential, place: Place | undefined, requestId: string): Promise<Decision<Identity>>;
  /** What the principal holds in a place, the party that its issuer binds it to included. */
  grantsOf(identity: Identity, place: Place): Promise<readonly Pick<Grant, "role" | "party">[]>;
}

export interface ExchangeParts {
  readonly shell: Shell;
  readonly issuerKeys: IssuerKeys;
  readonly limiter: FailureLimiter;
  readonly observe: (outcome: "ok" | "refused" | "limited", credential: Credential["case"]) => void;
}

const issuerRetryMs = 2_000;

export function exchanges({ shell, issuerKeys, limiter, observe }: ExchangeParts): Exchanges {
  const { database } = shell;

  async function identify(credential: Credential, place: Place | undefined, requestId: string) {
    const fingerprint = sha256Of(credential.value).toString("base64");
    const waitMs = limiter.waitMs(fingerprint, shell.now().getTime());
    if (waitMs > 0) {
      observe("limited", credential.case);
      return { ...refuse("EXCHANGES_LIMITED", "too many exchanges failed lately"), retryAfterMs: waitMs };
    }
    const identified =
      credential.case === "apiKey"
        ? await byApiKey(credential.value, requestId, fingerprint)
        : await byIdToken(credential.value, place ?? "");
    if (identified.ok) limiter.succeeded(fingerprint);
    else if (identified.reason === "CREDENTIAL_INVALID") limiter.failed(fingerprint, shell.now().getTime());
    observe(identified.ok ? "ok" : "refused", credential.case);
    return identified;
  }

  async function byApiKey(
    secret: string,
    requestId: string,
    fingerprint: string,
  ): Promise<Decision<Identity>> {
    if (!looksLikeSecret(secret)) return invalid();
    const found = await database.background((tx) => findBySecret(tx, sha256Of(secret)), { readOnly: true });
    if (!found) return invalid();
    const { key, accountState } = found;
    const state = accountState === "DISABLED" ? "ACCOUNT_DISABLED" : stateOf(key, shell.now());
    if (state !== "ACTIVE") {
      // Once a minute for each key: a client that keeps trying must not fill the table.
      if (limiter.isFirstFailure(fingerprint, shell.now().getTime()))
        await recordRefusal(key, state, requestId);
      return invalid();
    }
    const principal = nameIn(key.place, collections.serviceAccount, key.serviceAccount);
    return accept({ principal, place: key.place, boundParty: "", expireTime: key.expireTime });
  }

  async function recordRefusal(key: ApiKey, state: string, requestId: string): Promise<void> {
    await database.background((tx) =>
      insertAuditEntry(tx, {
        place: key.place,
        id: shell.uuid(),
        occurTime: shell.now(),
        principal: nameIn(key.place, collections.serviceAccount, key.serviceAccount),
        via: "",
        action: "UseApiKey",
        resource: nameIn(key.place, collections.apiKey, key.id),
        requestId,
        details: { refused: state },
      }),
    );
  }

  async function byIdToken(token: string, place: Place): Promise<Decision<Identity>> {
    const uri = claimedIssuer(token);
    if (uri === undefined) return invalid();
    const issuer = await database.background((tx) => findIssuerByUri(tx, place, uri), { readOnly: true });
    if (!issuer) return invalid();
    try {
      const user = await verifyIdToken(token, issuer, issuerKeys, shell.now());
      if (!user) return invalid();
      return accept({ principal: user.principal, place, boundParty: user.party, expireTime: undefined });
    } catch (cause) {
      if (!(cause instanceof IssuerUnreachableError)) throw cause;
      const metadata = { issuer: nameIn(issuer.place, collections.issuer, issuer.id) };
      const refusal = refuse("ISSUER_UNREACHABLE", "the issuer's keys could not be fetched", metadata);
      return { ...refusal, retryAfterMs: issuerRetryMs };
    }
  }

  return {
    identify,
    grantsOf: ({ principal, place: home, boundParty }, place) =>
      database.background(
        async (tx) => {
          const held = await grantsOf(tx, place, principal);
          if (boundParty === "" || place !== home) return held;
          const party = await findParty(tx, place, boundParty);
          return party?.state === "ACTIVE" ? [...held, { role: "party", party: boundParty }] : held;
        },
        { readOnly: true },
      ),
  };
}

function invalid(): Problem {
  return refuse("CREDENTIAL_INVALID", "the credential is not valid here");
}

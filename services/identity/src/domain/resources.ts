import type { Place } from "./names.ts";
import { accept, type Decision, refuse } from "./problem.ts";

export interface Market {
  readonly id: string;
  readonly displayName: string;
  readonly version: bigint;
  readonly createTime: Date;
  readonly updateTime: Date;
}

export interface Party {
  readonly market: string;
  readonly id: string;
  /** Personal; empty once erased. */
  readonly displayName: string;
  readonly state: "ACTIVE" | "ERASED";
  readonly version: bigint;
  readonly createTime: Date;
  readonly updateTime: Date;
}

export interface ServiceAccount {
  readonly place: Place;
  readonly id: string;
  readonly displayName: string;
  readonly state: "ACTIVE" | "DISABLED";
  readonly version: bigint;
  readonly createTime: Date;
  readonly updateTime: Date;
}

export interface Issuer {
  readonly place: Place;
  readonly id: string;
  readonly issuerUri: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  /** Empty when users act by their grants alone. */
  readonly partyClaim: string;
  readonly createTime: Date;
}

export interface Erasure {
  readonly market: string;
  readonly party: string;
  readonly eraseTime: Date;
}

export interface AuditEntry {
  readonly place: Place;
  readonly id: string;
  readonly occurTime: Date;
  readonly principal: string;
  readonly via: string;
  readonly action: string;
  readonly resource: string;
  readonly requestId: string;
  readonly details: Readonly<Record<string, string>>;
}

/** Opaque to callers. */
export function etagOf(version: bigint): string {
  return `"${version}"`;
}

/** Refuses a change of a resource that is not as the caller last read it. An empty etag skips the check. */
export function judgeEtag(
  etag: string,
  current: { readonly version: bigint },
  resource: string,
): Decision<undefined> {
  if (etag === "" || etag === etagOf(current.version)) return accept(undefined);
  return refuse("ETAG_MISMATCH", `${resource} changed since its etag was read`, { resource });
}

/** A display name is all that can be changed; a mask that names anything else is refused. */
export function judgeMask(paths: readonly string[]): Decision<undefined> {
  const path = paths.find((candidate) => candidate !== "display_name");
  if (path === undefined) return accept(undefined);
  const shown = path.slice(0, 100);
  return refuse(
    "UPDATE_MASK_INVALID",
    `update_mask: only display_name can be changed, not ${shown}`,
    { field: "update_mask", path: shown },
    "update_mask",
  );
}

export const algorithmsByDefault: readonly string[] = ["ES256", "RS256"];

/** An issuer must be one place on the web whose keys can't be swapped on the way. */
export function judgeIssuer(
  issuer: Pick<Issuer, "place" | "issuerUri" | "partyClaim">,
  httpAllowed: boolean,
): Decision<undefined> {
  if (issuer.place === "" && issuer.partyClaim !== "") {
    return issuerInvalid("issuer.party_claim", "an issuer of the platform binds no parties");
  }
  const url = URL.canParse(issuer.issuerUri) ? new URL(issuer.issuerUri) : undefined;
  const secure = url?.protocol === "https:" || (httpAllowed && url?.protocol === "http:");
  const plain =
    url !== undefined && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  return secure && plain
    ? accept(undefined)
    : issuerInvalid("issuer.issuer_uri", "must be a plain https URL");
}

function issuerInvalid(field: string, what: string) {
  return refuse("ISSUER_INVALID", `${field}: ${what}`, { field }, field);
}

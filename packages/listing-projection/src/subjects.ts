import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { CatalogService } from "@marketmesh/contracts/catalog/v1";
import type { Subject } from "@marketmesh/contracts/eligibility/v1";
import type { Counterpart, Viewer } from "@marketmesh/listing-index";
import { type Caller, idsOf, problem } from "@marketmesh/rpc";
import type { Attributes } from "@marketmesh/rules";
import { inlineAttributes } from "./attributes.ts";
import type { ListingProjection } from "./follow-listings.ts";
import { rowOfListing } from "./listing-rows.ts";
import type { ProjectedKind } from "./projected-kind.ts";

const mistakesMax = 20;

/** What one side of a pair is made of. */
export interface ResolvedSubject {
  readonly attributes: Attributes;
  /** The listing's version; 0 for inline attributes. */
  readonly version: bigint;
  /** Whose it is and who may see it; undefined for inline attributes, which are whoever asks's. */
  readonly counterpart: Counterpart | undefined;
}

/** Which subject, of which kind, and where in the request it stands. */
export interface SubjectWanted {
  readonly kind: ProjectedKind;
  readonly subject: Subject | undefined;
  /** `supply`, `pairs[3].demand`. */
  readonly field: string;
  /** The listing's version; 0, the default, means the current one. */
  readonly version?: bigint;
}

/** Finds the attributes of subjects on behalf of callers. */
export interface Subjects {
  /**
   * Throws ConnectError NOT_FOUND (LISTING_NOT_FOUND, LISTING_VERSION_NOT_FOUND), PERMISSION_DENIED (RESOURCE_NOT_ACCESSIBLE) for
   * callers of party reach, INVALID_ARGUMENT (ATTRIBUTE_INVALID, NAME_INVALID).
   */
  resolve(wanted: SubjectWanted, caller: Caller, signal: AbortSignal): Promise<ResolvedSubject>;
}

/** On whose behalf indexes are asked: a party sees what it may see, everybody else the whole market. */
export function viewerOf(caller: Pick<Caller, "reach" | "party">): Viewer | undefined {
  return caller.reach === "PARTY" ? { party: caller.party ?? "" } : undefined;
}

export function subjects(
  listings: Pick<ListingProjection, "refreshed">,
  catalog: Pick<Client<typeof CatalogService>, "getListing">,
): Subjects {
  async function inline(
    wanted: SubjectWanted,
    given: NonNullable<Subject["subject"]["value"]>,
    signal: AbortSignal,
  ) {
    const json = given as Parameters<typeof inlineAttributes>[1];
    let { attributes, mistakes } = inlineAttributes(wanted.kind.types, json);
    if (mistakes.length > 0) {
      // The kind may have got the attribute since its last listing changed.
      const kind = await listings.refreshed(wanted.kind, signal);
      if (kind !== wanted.kind) ({ attributes, mistakes } = inlineAttributes(kind.types, json));
    }
    if (mistakes.length === 0) return { attributes, version: 0n, counterpart: undefined };
    const violations = mistakes.slice(0, mistakesMax).map(({ attribute, message }) => ({
      field: attribute === "" ? `${wanted.field}.attributes` : `${wanted.field}.attributes.${attribute}`,
      description: message,
    }));
    const [first] = violations;
    const text = `${first?.field}: ${first?.description}`;
    throw problem(Code.InvalidArgument, "ATTRIBUTE_INVALID", text, {
      violations,
      metadata: { field: first?.field ?? wanted.field },
    });
  }

  async function fromCatalog(wanted: SubjectWanted, name: string, caller: Caller, signal: AbortSignal) {
    const version = wanted.version ?? 0n;
    const listing = await catalog.getListing({ name, version }, { signal }).then(
      (response) => response.listing,
      (error: unknown) => {
        if (!(error instanceof ConnectError)) throw error;
        if (error.code === Code.PermissionDenied) throw notFound(name, caller);
        if (error.code !== Code.NotFound) throw error;
        throw version === 0n ? notFound(name, caller) : versionNotFound(name, version);
      },
    );
    if (listing === undefined || listing.kind !== wanted.kind.name) throw notFound(name, caller);
    const row = rowOfListing(wanted.kind.types, listing);
    return { attributes: row.attributes, version: listing.version, counterpart: row };
  }

  return {
    async resolve(wanted, caller, signal) {
      const { kind, subject, field, version = 0n } = wanted;
      if (subject?.subject.case === "attributes") return inline(wanted, subject.subject.value, signal);
      const name = subject?.subject.value ?? "";
      const ids = idsOf(namePatterns.listing, name, `${field}.listing`);
      if (ids.market !== kind.market) throw notFound(name, caller);
      const ordinal = kind.index.ordinalOf(ids.listing);
      const current = ordinal === undefined ? undefined : kind.index.versionOf(ordinal);
      if (version !== 0n && version !== BigInt(current ?? 0))
        return fromCatalog(wanted, name, caller, signal);
      const viewer = viewerOf(caller);
      // The index knows who may see an ACTIVE listing; of others (an own draft) only the catalog does.
      if (viewer !== undefined && (ordinal === undefined || !kind.index.isVisible(ordinal, viewer))) {
        return fromCatalog(wanted, name, caller, signal);
      }
      if (ordinal === undefined || current === undefined) throw notFound(name, caller);
      const counterpart = kind.index.counterpart(ordinal);
      return { attributes: kind.attributesAt(ordinal), version: BigInt(current), counterpart };
    },
  };
}

function notFound(name: string, caller: Caller): ConnectError {
  if (caller.reach === "PARTY") {
    return problem(Code.PermissionDenied, "RESOURCE_NOT_ACCESSIBLE", `${name} is not accessible`, {
      metadata: { resource: name },
    });
  }
  return problem(Code.NotFound, "LISTING_NOT_FOUND", `there is no listing ${name} of the kind`, {
    metadata: { listing: name },
  });
}

function versionNotFound(name: string, version: bigint): ConnectError {
  return problem(Code.NotFound, "LISTING_VERSION_NOT_FOUND", `${name} has no version ${version}`, {
    metadata: { listing: name, version: String(version) },
  });
}

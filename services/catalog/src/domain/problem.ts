/** Why the catalog refuses; the same word stands in error_reason.proto and, as a status, in rpc/problem.ts. */
export type CatalogReason =
  | "KIND_NOT_FOUND"
  | "KIND_ALREADY_EXISTS"
  | "SCHEMA_INVALID"
  | "EXPRESSION_INVALID"
  | "GROUP_INVALID"
  | "KIND_CHANGE_INCOMPATIBLE"
  | "LISTING_NOT_FOUND"
  | "LISTING_VERSION_NOT_FOUND"
  | "LISTING_ALREADY_EXISTS"
  | "ATTRIBUTE_INVALID"
  | "ATTRIBUTES_TOO_LARGE"
  | "CAPACITY_INVALID"
  | "AUDIENCE_INVALID"
  | "OWNER_NOT_ALLOWED"
  | "OWNER_REQUIRED"
  | "OWNER_ERASED"
  | "UPDATE_MASK_INVALID"
  | "LISTING_CLOSED"
  | "LISTING_STATE_INVALID"
  | "ETAG_MISMATCH"
  | "IMPORT_NOT_FOUND"
  | "IMPORT_ALREADY_EXISTS"
  | "IMPORT_COMPLETE"
  | "IMPORT_ROW_GAP"
  | "RESOURCE_NOT_ACCESSIBLE"
  | "MARKET_MISMATCH"
  | "NOT_CAUGHT_UP"
  | "WATCH_TOO_SLOW"
  | "WATCHERS_TOO_MANY"
  | "WATCH_INTERRUPTED";

/** A refusal as data. The message and the metadata never hold attribute values: they may be personal. */
export interface Problem<Reason extends string = CatalogReason> {
  readonly reason: Reason;
  readonly message: string;
  /** The field at fault, relative to the listing or kind. Example: `attributes.pay`. */
  readonly field?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export type Result<T, Reason extends string = CatalogReason> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem<Reason> };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refused<Reason extends string>(
  reason: Reason,
  message: string,
  rest: Omit<Problem<Reason>, "reason" | "message"> = {},
): { readonly ok: false; readonly problem: Problem<Reason> } {
  return { ok: false, problem: { reason, message, ...rest } };
}

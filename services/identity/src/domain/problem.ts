/** Every refusal of identity's own, by the reason that callers see. */
export const problemReasons = [
  "MARKET_NOT_FOUND",
  "MARKET_ALREADY_EXISTS",
  "PARTY_NOT_FOUND",
  "PARTY_ALREADY_EXISTS",
  "PARTY_ERASED",
  "PARTY_ID_REPEATED",
  "GRANT_NOT_FOUND",
  "GRANT_ALREADY_EXISTS",
  "ROLE_NOT_FOUND",
  "ROLE_NOT_GRANTABLE",
  "ROLE_EXCEEDS_CALLER",
  "PRINCIPAL_INVALID",
  "SERVICE_ACCOUNT_NOT_FOUND",
  "SERVICE_ACCOUNT_ALREADY_EXISTS",
  "SERVICE_ACCOUNT_DISABLED",
  "API_KEY_NOT_FOUND",
  "API_KEY_ALREADY_EXISTS",
  "EXPIRE_TIME_INVALID",
  "ISSUER_NOT_FOUND",
  "ISSUER_ALREADY_EXISTS",
  "ISSUER_INVALID",
  "CREDENTIAL_INVALID",
  "ISSUER_UNREACHABLE",
  "NO_GRANT",
  "PARTY_REQUIRED",
  "AUDIENCE_NOT_ALLOWED",
  "EXCHANGES_LIMITED",
  "UPDATE_MASK_INVALID",
  "ETAG_MISMATCH",
] as const;

export type Reason = (typeof problemReasons)[number];

/** Why something is refused: data, not an exception. */
export interface Problem {
  readonly ok: false;
  readonly reason: Reason;
  readonly message: string;
  /** Each variable part of the message. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The request field at fault. */
  readonly field?: string;
  readonly retryAfterMs?: number;
}

export type Decision<T> = { readonly ok: true; readonly value: T } | Problem;

export function refuse(
  reason: Reason,
  message: string,
  metadata: Readonly<Record<string, string>> = {},
  field?: string,
): Problem {
  return { ok: false, reason, message, metadata, ...(field !== undefined && { field }) };
}

export function accept<T>(value: T): Decision<T> {
  return { ok: true, value };
}

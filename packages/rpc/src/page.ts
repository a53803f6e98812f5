import { createHash } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { problem } from "./problem.ts";

/** Where a page ends: the sort key of its last row, in order. Larger integers are decimal text. */
export type PageCursor = readonly (string | number)[];

export interface Page {
  /** How many rows to return; ask storage for one more to learn whether another page follows. */
  readonly size: number;
  /** Return rows after this key; undefined for the first page. */
  readonly after: PageCursor | undefined;
}

export interface PageRule {
  /** The size when the request says 0. */
  readonly sizeDefault: number;
  /** A larger request is lowered to this, not refused. */
  readonly sizeMax: number;
  /** Everything that decides which rows are listed and in what order: parent, filter, order. A token is bound to it. */
  readonly filter: unknown;
}

const format = 1;
const tokenLengthMax = 2_048;

/** What page a list request asks for. INVALID_ARGUMENT: a negative size, or a token of another filter. */
export function pageOf(request: { pageSize: number; pageToken: string }, rule: PageRule): Page {
  if (request.pageSize < 0) {
    throw problem(Code.InvalidArgument, "VALIDATION_FAILED", "page_size must be 0 or more", {
      field: "page_size",
    });
  }
  const size = request.pageSize === 0 ? rule.sizeDefault : Math.min(request.pageSize, rule.sizeMax);
  const after = request.pageToken === "" ? undefined : decodePageToken(request.pageToken, rule.filter);
  return { size, after };
}

/** What lists of resources answer with: 100 rows unless asked otherwise, 1,000 at most. */
const listRule = { sizeDefault: 100, sizeMax: 1_000 };

/**
 * One page and the token of the next. `fetch` is asked for one row more than the page holds: that row says that another
 * page follows.
 */
export async function listPage<Row>(
  request: { readonly pageSize: number; readonly pageToken: string },
  filter: unknown,
  fetch: (page: {
    readonly after: PageCursor | undefined;
    readonly limit: number;
  }) => Promise<readonly Row[]>,
  cursorOf: (row: Row) => PageCursor,
): Promise<{ readonly rows: readonly Row[]; readonly nextPageToken: string }> {
  const { size, after } = pageOf(request, { ...listRule, filter });
  const found = await fetch({ after, limit: size + 1 });
  const rows = found.slice(0, size);
  const last = rows.at(-1);
  const more = found.length > size && last !== undefined;
  return { rows, nextPageToken: more ? encodePageToken(cursorOf(last), filter) : "" };
}

/** `listPage` of what is listed by its id alone; the first page starts after the empty id. */
export function listById<Row extends { readonly id: string }>(
  request: { readonly pageSize: number; readonly pageToken: string },
  filter: unknown,
  fetch: (after: string, limit: number) => Promise<readonly Row[]>,
): Promise<{ readonly rows: readonly Row[]; readonly nextPageToken: string }> {
  return listPage(
    request,
    filter,
    ({ after, limit }) => fetch(idAfter(after) ?? "", limit),
    ({ id }) => [id],
  );
}

/** The id that a page starts after. */
export function idAfter(after: PageCursor | undefined): string | undefined {
  return after === undefined ? undefined : String(after[0]);
}

/** The opaque token of the page after `cursor`. */
export function encodePageToken(cursor: PageCursor, filter: unknown): string {
  return Buffer.from(JSON.stringify([format, fingerprint(filter), ...cursor])).toString("base64url");
}

/** The cursor in a token. INVALID_ARGUMENT (PAGE_TOKEN_INVALID) unless `encodePageToken` made it for an equal filter. */
export function decodePageToken(token: string, filter: unknown): PageCursor {
  const parts = token.length > tokenLengthMax ? undefined : parse(token);
  if (!Array.isArray(parts) || parts[0] !== format || parts[1] !== fingerprint(filter)) throw refused();
  const cursor: unknown[] = parts.slice(2);
  if (!cursor.every((part) => typeof part === "number" || isText(part))) throw refused();
  return cursor as PageCursor;
}

/** A text that a database can hold. */
function isText(part: unknown): boolean {
  return typeof part === "string" && part.isWellFormed() && !part.includes("\u0000");
}

function refused() {
  const message = "page_token was not issued for this list; start again without it";
  return problem(Code.InvalidArgument, "PAGE_TOKEN_INVALID", message, { field: "page_token" });
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    return undefined;
  }
}

function fingerprint(filter: unknown): string {
  return createHash("sha256").update(canonical(filter)).digest("base64url").slice(0, 16);
}

// Key order must not matter, or a token would depend on how the filter object was built.
function canonical(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const entries = Object.entries(value).filter(([key]) => key !== "$typeName" && key !== "$unknown");
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`)
    .join(",")}}`;
}

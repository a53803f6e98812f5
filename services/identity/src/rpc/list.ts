import { encodePageToken, type Page, type PageCursor, pageOf } from "@marketmesh/rpc";

const sizeDefault = 100;
const sizeMax = 1_000;

export interface ListRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

/**
 * One page and the token of the next. `fetch` is asked for one row more than the page holds: that row says that another
 * page follows.
 */
export async function listPage<Row>(
  request: ListRequest,
  filter: unknown,
  fetch: (page: {
    readonly after: PageCursor | undefined;
    readonly limit: number;
  }) => Promise<readonly Row[]>,
  cursorOf: (row: Row) => PageCursor,
): Promise<{ readonly rows: readonly Row[]; readonly nextPageToken: string }> {
  const { size, after }: Page = pageOf(request, { sizeDefault, sizeMax, filter });
  const found = await fetch({ after, limit: size + 1 });
  const rows = found.slice(0, size);
  const last = rows.at(-1);
  const more = found.length > size && last !== undefined;
  return { rows, nextPageToken: more ? encodePageToken(cursorOf(last), filter) : "" };
}

/** The id that a page starts after. */
export function idAfter(after: PageCursor | undefined): string | undefined {
  return after === undefined ? undefined : String(after[0]);
}

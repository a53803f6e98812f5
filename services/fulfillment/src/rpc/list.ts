import { encodePageToken, pageOf } from "@marketmesh/rpc";

const rule = { sizeDefault: 100, sizeMax: 1_000 };

/** One page, by id, and the token of the next. `fetch` is asked for one more: that row says that another page follows. */
export async function listPage<Row extends { readonly id: string }>(
  request: { readonly pageSize: number; readonly pageToken: string },
  filter: unknown,
  fetch: (after: string, limit: number) => Promise<readonly Row[]>,
): Promise<{ readonly rows: readonly Row[]; readonly nextPageToken: string }> {
  const { size, after } = pageOf(request, { ...rule, filter });
  const rows = await fetch(after ? String(after[0]) : "", size + 1);
  const page = rows.slice(0, size);
  const last = page.at(-1);
  const more = rows.length > size && last !== undefined;
  return { rows: page, nextPageToken: more ? encodePageToken([last.id], filter) : "" };
}

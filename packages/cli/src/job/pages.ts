import { pages } from "@marketmesh/client";

interface Page {
  readonly nextPageToken: string;
}

/** Reads a list to its end, 1,000 entries at a time. */
export function pagesOf<P extends Page>(
  read: (page: { pageSize: number; pageToken: string }) => Promise<P>,
): AsyncGenerator<P> {
  return pages((pageToken) => read({ pageSize: 1_000, pageToken }));
}

/** All entries of a list. */
export async function allOf<P extends Page, T>(
  read: (page: { pageSize: number; pageToken: string }) => Promise<P>,
  entriesOf: (page: P) => readonly T[],
): Promise<T[]> {
  const entries: T[] = [];
  for await (const page of pagesOf(read)) entries.push(...entriesOf(page));
  return entries;
}

interface Page {
  readonly nextPageToken: string;
}

/** Reads a list to its end, a page of 1,000 at a time. */
export async function* pagesOf<P extends Page>(
  read: (page: { pageSize: number; pageToken: string }) => Promise<P>,
): AsyncGenerator<P> {
  let pageToken = "";
  do {
    const page = await read({ pageSize: 1_000, pageToken });
    yield page;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
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

/** What every list method answers with. */
interface ListAnswer {
  readonly nextPageToken: string;
}

/**
 * All items of a list, page after page, each asked for when it is needed.
 *
 * @example
 * for await (const listing of items((pageToken) => catalog.listListings({ parent, pageToken }), (page) => page.listings)) …
 */
export async function* items<Answer extends ListAnswer, Item>(
  list: (pageToken: string) => Promise<Answer>,
  itemsOf: (answer: Answer) => readonly Item[],
): AsyncGenerator<Item, void, undefined> {
  for await (const page of pages(list)) yield* itemsOf(page);
}

/** All pages of a list, each asked for when it is needed. Throws when a server answers with the token it was asked with. */
export async function* pages<Answer extends ListAnswer>(
  list: (pageToken: string) => Promise<Answer>,
): AsyncGenerator<Answer, void, undefined> {
  let pageToken = "";
  do {
    const answer = await list(pageToken);
    yield answer;
    if (answer.nextPageToken !== "" && answer.nextPageToken === pageToken) {
      throw new Error("the list does not move on: it answered with the page token that it was asked with");
    }
    pageToken = answer.nextPageToken;
  } while (pageToken !== "");
}

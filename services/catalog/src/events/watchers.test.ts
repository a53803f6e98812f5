import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { ListingPublishedSchema } from "@marketmesh/contracts/catalog/v1";
import { EnvelopeSchema } from "@marketmesh/contracts/events/v1";
import { expect, test } from "vitest";
import { WatchEnded, watchers } from "./watchers.ts";

function published(id: string) {
  const fact = anyPack(ListingPublishedSchema, create(ListingPublishedSchema, { listing: { name: id } }));
  return create(EnvelopeSchema, { market: "berlin", feed: "listing", feedEpoch: 1n, fact });
}

const all = () => true;

async function reasonOf(changes: AsyncGenerator<unknown>) {
  const error: unknown = await changes.next().catch((cause: unknown) => cause);
  return error instanceof WatchEnded ? error.problem.reason : error;
}

test("a reader that falls behind gets what was kept for it, then is cut off", async () => {
  const watching = watchers({ watchersMax: 2, bufferedMax: 2 });
  const changes = watching.watch(all, new AbortController().signal);
  const first = changes.next();
  for (const id of ["a", "b", "c", "d"]) watching.tell([published(id)]);
  const names = [await first, await changes.next()].map(({ value }) => value?.listing.name);
  expect(names).toEqual(["a", "b"]);
  expect(await reasonOf(changes)).toBe("WATCH_TOO_SLOW");
});

test("a slow reader does not hold up another", async () => {
  const watching = watchers({ watchersMax: 2, bufferedMax: 1 });
  const slow = watching.watch(all, new AbortController().signal);
  const quick = watching.watch(all, new AbortController().signal);
  const waiting = slow.next();
  for (const id of ["a", "b", "c"]) {
    const next = quick.next();
    watching.tell([published(id)]);
    expect((await next).value?.listing.name).toBe(id);
  }
  expect((await waiting).value?.listing.name).toBe("a");
});

test("one watcher too many is refused, and one that left makes room", async () => {
  const watching = watchers({ watchersMax: 1, bufferedMax: 1 });
  const stop = new AbortController();
  const next = watching.watch(all, stop.signal).next();
  expect(await reasonOf(watching.watch(all, stop.signal))).toBe("WATCHERS_TOO_MANY");
  stop.abort();
  expect((await next).done).toBe(true);
  const again = watching.watch(all, new AbortController().signal);
  const change = again.next();
  watching.tell([published("a")]);
  expect((await change).value?.fact).toBe("ListingPublished");
});

test("a lost place in the feed ends every watch", async () => {
  const watching = watchers({ watchersMax: 1, bufferedMax: 1 });
  const changes = watching.watch(all, new AbortController().signal);
  const ended = reasonOf(changes);
  watching.interrupt("list again");
  expect(await ended).toBe("WATCH_INTERRUPTED");
});

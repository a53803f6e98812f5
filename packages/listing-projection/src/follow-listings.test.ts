import { Code } from "@connectrpc/connect";
import type { FollowOptions } from "@marketmesh/events";
import { reasonOf } from "@marketmesh/rpc";
import { createMetrics } from "@marketmesh/telemetry";
import { expect, test } from "vitest";
import { followListings } from "./follow-listings.ts";

/** A projection whose bootstrap is run by hand. */
function unbooted() {
  const follows: FollowOptions[] = [];
  const follower = {
    position: undefined,
    caughtUp: false,
    staleMs: 0,
    bootstrapsCount: 0,
    waitFor: () => Promise.resolve(),
  };
  const listings = followListings({
    events: {
      follow(options) {
        follows.push(options);
        return follower;
      },
    },
    catalog: {
      async *exportListings() {
        yield {
          $typeName: "marketmesh.catalog.v1.ExportListingsResponse",
          part: {
            case: "snapshot",
            value: {
              $typeName: "marketmesh.catalog.v1.Snapshot",
              feed: "listing",
              feedEpoch: 1n,
              feedSeq: 5n,
            },
          },
        };
      },
      getKind: () => Promise.reject(new Error("nobody asks")),
    },
    metrics: createMetrics(),
    now: () => new Date(),
    background: () => {},
  });
  return { listings, bootstrap: () => follows[0]!.bootstrap(new AbortController().signal) };
}

const kind = "markets/berlin/kinds/candidate";

test("before the first bootstrap every question is refused, not answered as if nothing were there", async () => {
  const { listings } = unbooted();
  expect(listings.ready).toBe(false);
  const asked = [
    listings.kind(kind, AbortSignal.timeout(20)),
    listings.waitForPosition("berlin", 0n, AbortSignal.timeout(20)),
  ];
  for (const question of asked) {
    const error = await question.catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: Code.Unavailable });
    expect(reasonOf(error)).toBe("NOT_CAUGHT_UP");
  }
});

test("who waits is answered as soon as the bootstrap is done", async () => {
  const { listings, bootstrap } = unbooted();
  const waiting = listings.waitForPosition("berlin", 5n, AbortSignal.timeout(10_000));
  expect(await bootstrap()).toEqual({ epoch: 1n, feedSeq: 5n });
  await waiting;
  expect(listings.position?.feedSeq).toBe(5n);
});

import type { JsonObject } from "@bufbuild/protobuf";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Browser, startBrowser } from "./browser.ts";
import {
  beyondDoubles,
  callDeadlineMs,
  type ForeignMesh,
  kind,
  market,
  startForeignMesh,
  underDeadline,
  unicode,
} from "./foreign-mesh.ts";
import type { Foreign } from "./page/main.ts";
import type { CallOptions, Outcome } from "./page/outcome.ts";
import { reflect } from "./reflected.ts";

declare const foreign: Foreign;

const service = "marketmesh.catalog.v1.CatalogService";
const installMs = 600_000;
// As gRPC numbers them.
const deadlineExceeded = 4;
const notFound = 5;
const invalidArgument = 3;

let browser: Browser;
let mesh: ForeignMesh;
let page: Page;

beforeAll(async () => {
  browser = await startBrowser();
  mesh = await startForeignMesh({ CORS_ORIGINS: browser.origin });
  page = await openPage(browser.origin);
}, installMs);
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await mesh?.[Symbol.asyncDispose]();
});

async function openPage(origin: string): Promise<Page> {
  const url = mesh.urlOf("catalog");
  const { descriptorSet } = await reflect(url);
  const opened = await browser.open(origin);
  const { authorization } = mesh;
  const settings = { url, authorization, descriptorSet: descriptorSet.toString("base64") };
  await opened.evaluate((given) => foreign.open(given), settings);
  return opened;
}

/** Calls within a page. The request goes there as text: its type is too deep for what the driver makes of it. */
function callIn(
  within: Page,
  client: string,
  method: string,
  request: JsonObject,
  options: CallOptions = {},
): Promise<Outcome> {
  const given = { client, service, method, request: JSON.stringify(request), options };
  return within.evaluate((asked) => {
    const message = JSON.parse(asked.request) as JsonObject;
    return foreign.call(asked.client, asked.service, asked.method, message, asked.options);
  }, given);
}

const clients = [
  "Connect-Web, JSON",
  "Connect-Web, binary",
  "Connect-Web, gRPC-Web",
  "grpc-web, text",
  "grpc-web, binary",
];

describe.each(clients)("%s in Chromium", (client) => {
  const id = client.toLowerCase().replaceAll(/[^a-z]+/g, "-");
  const name = `${market}/listings/${id}`;
  const request = { parent: market, listingId: id, listing: { kind, attributes: { title: unicode } } };
  const call = (method: string, message: JsonObject, options: CallOptions = {}) =>
    callIn(page, client, method, message, options);

  test("creates, and is answered with what it sent", async () => {
    const { messages, error, headers } = await call("CreateListing", request);
    expect(error).toBeUndefined();
    const listing = { name, attributes: { title: unicode }, version: "1" };
    expect(messages).toMatchObject([{ listing }]);
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("reads a streamed list", async () => {
    const { messages, error } = await call("ExportListings", { parent: market, kind });
    expect(error).toBeUndefined();
    expect(messages[0]).toMatchObject({ snapshot: { feed: "listing" } });
    const ids = messages.flatMap((message) => (message as { block?: { ids: string[] } }).block?.ids ?? []);
    expect(ids).toContain(id);
  });

  test("reads what is wrong with a field", async () => {
    const { error } = await call("CreateListing", { ...request, listingId: "not an id" });
    expect(error?.code).toBe(invalidArgument);
    expect(error?.message).toContain("`^[A-Za-z0-9][A-Za-z0-9._~-]{0,62}$`");
    expect(error?.details).toMatchObject({
      "google.rpc.ErrorInfo": { reason: "VALIDATION_FAILED", domain: "catalog.marketmesh" },
      "google.rpc.BadRequest": { fieldViolations: [{ field: "listing_id" }] },
    });
  });

  test("keeps every digit of a number that doubles do not hold", async () => {
    const { error } = await call("GetListing", { name, version: beyondDoubles });
    expect(error?.code).toBe(notFound);
    expect(error?.details).toMatchObject({
      "google.rpc.ErrorInfo": { metadata: { version: beyondDoubles } },
    });
  });

  test("has its deadline kept", async () => {
    const { error } = await mesh.whileLocked("catalog", "listings", () =>
      call("GetListing", { name }, { timeoutMs: callDeadlineMs }),
    );
    expect(error?.code).toBe(deadlineExceeded);
  });
});

test("streams end by their deadlines, after what they told", async () => {
  const watched = (timeoutMs: number) =>
    Promise.all(
      clients.map((client) => callIn(page, client, "WatchListings", { parent: market }, { timeoutMs })),
    );
  // An XMLHttpRequest for binary data shows what came only at the end, and the client's own clock may be first.
  const thatStream = (outcomes: readonly Outcome[]) =>
    outcomes.filter((_, at) => clients[at] !== "grpc-web, binary");
  const outcomes = await underDeadline(watched, (all) =>
    thatStream(all).every(({ messages }) => messages.length > 0),
  );
  expect(outcomes.map(({ error }) => error?.code)).toEqual(clients.map(() => deadlineExceeded));
  const streaming = thatStream(outcomes);
  // The watch begins with an empty message; changes of listings above may still arrive.
  expect(streaming.map(({ messages }) => messages[0])).toEqual(streaming.map(() => ({})));
});

test("a page of another origin cannot call", async () => {
  const stranger = await openPage(browser.origin.replace("127.0.0.1", "localhost"));
  const { error } = await callIn(stranger, clients[0]!, "ListListings", { parent: market });
  expect(error?.message).toBe("Failed to fetch");
});

test("every client finds a server that restarted", async () => {
  await mesh.restart("catalog");
  for (const client of clients) {
    const { error } = await callIn(page, client, "ListListings", { parent: market });
    expect(error, client).toBeUndefined();
  }
});

import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Envelope, endFlag, envelopesOf, toEnvelopes } from "./envelopes.ts";
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
import { emptyFrame, grpcWebFrames, trailerFlag } from "./grpc-web-frames.ts";
import { answerOf, detailsIn, postJson } from "./json-call.ts";

const service = "marketmesh.catalog.v1.CatalogService";
const listRoles = "marketmesh.identity.v1.IdentityService/ListRoles";
const ourOrigin = "https://app.example";

let mesh: ForeignMesh;

const headers = (over: Record<string, string> = {}) => ({ authorization: mesh.authorization, ...over });
const call = (method: string, body: object, over: Record<string, string> = {}) =>
  postJson(mesh.urlOf("catalog"), `${service}/${method}`, body, headers(over));
const listing = (listingId: string, title = unicode) => ({
  parent: market,
  listingId,
  listing: { kind, attributes: { title }, capacity: { units: "3" } },
});

async function stream(method: string, messages: readonly object[], over: Record<string, string> = {}) {
  const response = await fetch(`${mesh.urlOf("catalog")}/${service}/${method}`, {
    method: "POST",
    headers: headers({ "content-type": "application/connect+json", ...over }),
    body: new Uint8Array(toEnvelopes(messages)),
  });
  return Array.fromAsync(envelopesOf(response.body as AsyncIterable<Uint8Array>));
}
const endOf = (envelopes: readonly Envelope[]) =>
  envelopes.at(-1)?.message as { error?: Record<string, unknown> };

beforeAll(async () => {
  mesh = await startForeignMesh({ CORS_ORIGINS: ourOrigin });
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

describe("a browser's preflight", () => {
  const preflight = (origin: string) =>
    fetch(`${mesh.urlOf("catalog")}/${service}/CreateListing`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,connect-protocol-version,content-type",
      },
    });

  test("from an allowed origin is granted, with the headers that clients send", async () => {
    const { status, headers: granted } = await preflight(ourOrigin);
    expect(status).toBe(204);
    expect(granted.get("access-control-allow-origin")).toBe(ourOrigin);
    expect(granted.get("access-control-allow-methods")).toBe("POST, GET");
    const allowed = granted.get("access-control-allow-headers")?.toLowerCase().split(", ");
    expect(allowed).toEqual(
      expect.arrayContaining(["authorization", "content-type", "connect-protocol-version", "x-grpc-web"]),
    );
    expect(granted.get("access-control-allow-credentials")).toBeNull();
    expect(granted.get("vary")).toBe("origin");
  });

  test("from another origin is refused", async () => {
    const { status, headers: granted } = await preflight("https://evil.example");
    expect(status).toBe(403);
    expect([...granted.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  test("is for the allowed origin only: an answer names no other", async () => {
    const roles = (origin: string) =>
      postJson(mesh.urlOf("identity"), listRoles, {}, headers({ origin })).then(({ headers: answered }) =>
        answered.get("access-control-allow-origin"),
      );
    expect([await roles(ourOrigin), await roles("https://evil.example")]).toEqual([ourOrigin, null]);
  });
});

test("a create is answered with what was sent; int64 are strings", async () => {
  const { status, body, headers: answered } = await call("CreateListing", listing("created"));
  expect(status).toBe(200);
  expect(body.listing).toMatchObject({
    name: `${market}/listings/created`,
    attributes: { title: unicode },
    capacity: { units: "3" },
    version: "1",
  });
  expect(answered.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
});

test("a repeat with its request id is answered the same", async () => {
  const request = { ...listing("repeated"), requestId: "0198b2f4-7c11-7a4e-9a53-0d6f3a1c2b4d" };
  const first = await call("CreateListing", request);
  expect(first.status).toBe(200);
  expect((await call("CreateListing", request)).body).toEqual(first.body);
});

test("a read is a GET as well; a write is not", async () => {
  await call("CreateListing", listing("by-get"));
  const get = (method: string, message: object) => {
    const query = new URLSearchParams({ connect: "v1", encoding: "json", message: JSON.stringify(message) });
    return fetch(`${mesh.urlOf("catalog")}/${service}/${method}?${query}`, { headers: headers() });
  };
  const { status, body } = await answerOf(await get("GetListing", { name: `${market}/listings/by-get` }));
  expect([status, (body.listing as { attributes: object }).attributes]).toEqual([200, { title: unicode }]);
  expect((await get("CreateListing", listing("never"))).status).toBe(405);
});

test("messages are compressed both ways", async () => {
  const response = await fetch(`${mesh.urlOf("catalog")}/${service}/CreateListing`, {
    method: "POST",
    headers: headers({
      "content-type": "application/json",
      "content-encoding": "gzip",
      "accept-encoding": "gzip",
    }),
    body: new Uint8Array(gzipSync(JSON.stringify(listing("zipped")))),
  });
  expect(response.status).toBe(200);
  const page = await call("ListListings", { parent: market }, { "accept-encoding": "gzip" });
  expect(page.headers.get("content-encoding")).toBe("gzip");
  expect(JSON.stringify(page.body)).toContain(`${market}/listings/zipped`);
});

test("an empty message is no bytes at all", async () => {
  const response = await fetch(`${mesh.urlOf("identity")}/${listRoles}`, {
    method: "POST",
    headers: headers({ "content-type": "application/proto" }),
  });
  expect(response.status).toBe(200);
  expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100);
});

describe.each(["application/grpc-web-text", "application/grpc-web+proto"])("%s by hand", (type) => {
  const text = type.endsWith("text");
  const frames = async (header: Record<string, string>) => {
    const response = await fetch(`${mesh.urlOf("identity")}/${listRoles}`, {
      method: "POST",
      headers: { "content-type": type, "x-grpc-web": "1", ...header },
      body: text ? emptyFrame.toString("base64") : new Uint8Array(emptyFrame),
    });
    expect(response.headers.get("content-type")).toBe(text ? `${type}+proto` : type);
    return grpcWebFrames(new Uint8Array(await response.arrayBuffer()), text);
  };

  test("an empty message is answered, and then the trailers", async () => {
    const [answer, trailers] = await frames(headers());
    expect(answer?.body.length).toBeGreaterThan(100);
    expect(trailers?.flags).toBe(trailerFlag);
    expect(trailers?.body.toString()).toContain("grpc-status: 0\r\n");
  });

  test("a refusal is trailers alone", async () => {
    const [trailers] = await frames({});
    expect(trailers?.flags).toBe(trailerFlag);
    expect(trailers?.body.toString()).toMatch(/grpc-status: 16\r\n/);
  });
});

describe("an error", () => {
  test("is JSON that names the fields at fault and the rule they break", async () => {
    const { status, body } = await call("CreateListing", listing("not an id"));
    expect(status).toBe(400);
    expect(body.code).toBe("invalid_argument");
    expect(detailsIn(body)).toMatchObject({
      "google.rpc.ErrorInfo": { reason: "VALIDATION_FAILED", domain: "catalog.marketmesh" },
      "google.rpc.BadRequest": { fieldViolations: [{ field: "listing_id" }] },
    });
  });

  test("keeps every digit of a number that doubles do not hold", async () => {
    await call("CreateListing", listing("versioned"));
    const { status, body } = await call("GetListing", {
      name: `${market}/listings/versioned`,
      version: beyondDoubles,
    });
    expect(status).toBe(404);
    expect(detailsIn(body)).toMatchObject({
      "google.rpc.ErrorInfo": {
        reason: "LISTING_VERSION_NOT_FOUND",
        metadata: { version: beyondDoubles },
      },
    });
  });

  test("names a field that does not exist", async () => {
    const { status, body } = await call("GetListing", { name: `${market}/listings/any`, nome: "x" });
    expect(status).toBe(400);
    expect(detailsIn(body)).toMatchObject({
      "google.rpc.BadRequest": { fieldViolations: [{ field: "nome" }] },
    });
  });

  test("tells how large a message may be", async () => {
    const { status, body } = await call("CreateListing", listing("huge", "x".repeat(5 * 1024 * 1024)));
    expect([status, body.code]).toEqual([429, "resource_exhausted"]);
    expect(detailsIn(body)).toMatchObject({
      "google.rpc.ErrorInfo": { reason: "REQUEST_TOO_LARGE", metadata: { limitBytes: "4194304" } },
    });
  });

  test("refuses a call without a token", async () => {
    const { status, body } = await call("ListListings", { parent: market }, { authorization: "" });
    expect([status, body.code]).toEqual([401, "unauthenticated"]);
  });
});

describe("a stream", () => {
  test("is uploaded and listed in envelopes of JSON", async () => {
    const parent = market;
    await call("CreateImport", { parent, importId: "json", import: { kind, publish: true } });
    const rows = ["a", "b", "c"].map((listingId) => ({ listingId, attributes: { title: unicode } }));
    const uploaded = await stream("ImportListings", [
      { import: `${market}/imports/json`, firstRow: "1", rows: rows.slice(0, 2) },
      { firstRow: 3, rows: rows.slice(2), complete: true },
    ]);
    expect(uploaded.map(({ flags }) => flags)).toEqual([0, endFlag]);
    expect(uploaded[0]?.message.import).toMatchObject({ state: "STATE_COMPLETE", createdCount: "3" });

    const listed = await stream("ExportListings", [{ parent, kind }]);
    expect(endOf(listed).error).toBeUndefined();
    const ids = listed.flatMap(({ message }) => (message.block as { ids?: string[] })?.ids ?? []);
    expect(ids).toEqual(expect.arrayContaining(["a", "b", "c"]));
  });

  test("ends by its error, with details", async () => {
    const failed = await stream("ExportListings", [{ parent: market, kind: `${market}/kinds/none` }]);
    expect(failed.map(({ flags }) => flags).at(-1)).toBe(endFlag);
    const error = endOf(failed).error ?? {};
    expect(error.code).toBe("not_found");
    expect(detailsIn(error)).toMatchObject({ "google.rpc.ErrorInfo": { reason: "KIND_NOT_FOUND" } });
  });

  test("ends by its deadline", async () => {
    const watched = await underDeadline(
      (ms) => stream("WatchListings", [{ parent: market }], { "connect-timeout-ms": String(ms) }),
      ([first]) => first?.flags === 0,
    );
    expect(watched[0]).toEqual({ flags: 0, message: {} });
    const error = endOf(watched).error ?? {};
    expect(error.code).toBe("deadline_exceeded");
    expect(detailsIn(error)).toMatchObject({ "google.rpc.ErrorInfo": { reason: "DEADLINE_EXCEEDED" } });
  });
});

test("a deadline ends a call that waits", async () => {
  const name = `${market}/listings/created`;
  const { status, body } = await mesh.whileLocked("catalog", "listings", () =>
    call("GetListing", { name }, { "connect-timeout-ms": String(callDeadlineMs) }),
  );
  expect([status, body.code]).toEqual([504, "deadline_exceeded"]);
});

test("a server that restarted is found again, with what it had", async () => {
  await call("CreateListing", listing("kept"));
  await mesh.restart("catalog");
  const { status, body } = await call("GetListing", { name: `${market}/listings/kept` });
  expect(status).toBe(200);
  expect(body.listing).toMatchObject({ attributes: { title: unicode } });
});

import * as grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  beyondDoubles,
  callDeadlineMs,
  type ForeignMesh,
  kind,
  market,
  quietMarket,
  startForeignMesh,
  underDeadline,
  unicode,
} from "./foreign-mesh.ts";
import { GrpcConnection } from "./grpc-call.ts";
import { type Reflected, reflect } from "./reflected.ts";

const service = "marketmesh.catalog.v1.CatalogService";
const patienceMs = 240_000;
const oneThousand = 1_000;

let mesh: ForeignMesh;
let catalog: Reflected;
let connection: GrpcConnection;

const method = (name: string) => catalog.method(service, name);
const title = (string_value: string) => ({ fields: [{ key: "title", value: { string_value } }] });
const listing = (id: string, text = unicode) => ({
  parent: market,
  listing_id: id,
  listing: { kind, attributes: title(text) },
});
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("the call is refused"),
    (error: grpc.ServiceError) => error,
  );

beforeAll(async () => {
  // An upload that is under way has as long as there can be.
  mesh = await startForeignMesh({ DRAIN_MS: "20000" });
  catalog = await reflect(mesh.urlOf("catalog"));
  connection = new GrpcConnection(mesh.urlOf("catalog"), mesh.authorization);
});
afterAll(async () => {
  connection?.client.close();
  await mesh?.[Symbol.asyncDispose]();
});

describe("reflection", () => {
  test("tells the same by v1 and by v1alpha", async () => {
    const alpha = await reflect(mesh.urlOf("catalog"), "v1alpha");
    expect(alpha.services).toContain(service);
    expect(alpha.services).toEqual(catalog.services);
    expect(alpha.descriptorSet.equals(catalog.descriptorSet)).toBe(true);
  });

  test.each(["identity", "eligibility", "scoring", "allocation", "fulfillment"])(
    "of %s is complete: everything it names is defined",
    async (name) => {
      const { services, method: methodOf } = await reflect(mesh.urlOf(name));
      const own = services.find((each) => each.startsWith(`marketmesh.${name}.v1.`)) as string;
      expect(() => methodOf(own, "Nothing")).toThrow("Nothing");
      expect(services).toContain("grpc.health.v1.Health");
    },
  );
});

test("a create is answered with what was sent, and named in the headers", async () => {
  const { answer, headers, trailers } = await connection.unary(method("CreateListing"), listing("created"));
  expect(answer.listing).toMatchObject({
    name: `${market}/listings/created`,
    state: "STATE_DRAFT",
    version: "1",
    attributes: title(unicode),
  });
  expect(headers.get("x-request-id")[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(trailers.get("x-request-id")).toEqual([]);
});

test("an empty message is a message", async () => {
  const identity = await reflect(mesh.urlOf("identity"));
  const other = new GrpcConnection(mesh.urlOf("identity"), mesh.authorization);
  const listRoles = identity.method("marketmesh.identity.v1.IdentityService", "ListRoles");
  const { answer } = await other.unary(listRoles, {});
  expect((answer.roles as unknown[]).length).toBeGreaterThan(3);
  other.client.close();
});

test("an upload in compressed chunks is stored, and a stream lists it", async () => {
  const gzip = { "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip };
  const compressed = new GrpcConnection(mesh.urlOf("catalog"), mesh.authorization, gzip);
  const importName = `${market}/imports/upload`;
  await compressed.unary(method("CreateImport"), {
    parent: market,
    import_id: "upload",
    import: { kind, publish: true },
  });
  const rows = Array.from({ length: 2 * oneThousand }, (_, at) => ({
    listing_id: `row-${at}`,
    attributes: title(`${unicode} ${at}`),
  }));
  const upload = compressed.upload(method("ImportListings"));
  upload.send({ import: importName, first_row: "1", rows: rows.slice(0, oneThousand) });
  upload.send({ first_row: String(oneThousand + 1), rows: rows.slice(oneThousand), complete: true });
  upload.end();
  const { answer } = await upload.answered;
  expect(answer.import).toMatchObject({ state: "STATE_COMPLETE", created_count: String(rows.length) });

  const ids: string[] = [];
  const parts: string[] = [];
  for await (const message of compressed.download(method("ExportListings"), { parent: market, kind })) {
    const { part, block } = message as { part: string; block?: { ids: string[] } };
    parts.push(part);
    ids.push(...(block?.ids ?? []));
  }
  expect(parts.slice(0, 2)).toEqual(["snapshot", "kind"]);
  expect(new Set(ids).isSupersetOf(new Set(rows.map((row) => row.listing_id)))).toBe(true);
  compressed.client.close();
});

describe("an error", () => {
  test("names the fields at fault and the rule they break", async () => {
    const error = await failureOf(connection.unary(method("CreateListing"), listing("not an id")));
    expect(error.code).toBe(grpc.status.INVALID_ARGUMENT);
    expect(error.details).toContain("`^[A-Za-z0-9][A-Za-z0-9._~-]{0,62}$`");
    expect(catalog.detailsOf(error)).toMatchObject({
      "google.rpc.ErrorInfo": { reason: "VALIDATION_FAILED", domain: "catalog.marketmesh" },
      "google.rpc.BadRequest": { field_violations: [{ field: "listing_id" }] },
    });
  });

  test("keeps every digit of a number that doubles do not hold", async () => {
    await connection.unary(method("CreateListing"), listing("versioned"));
    const name = `${market}/listings/versioned`;
    const error = await failureOf(connection.unary(method("GetListing"), { name, version: beyondDoubles }));
    expect(error.code).toBe(grpc.status.NOT_FOUND);
    expect(catalog.detailsOf(error)).toMatchObject({
      "google.rpc.ErrorInfo": {
        reason: "LISTING_VERSION_NOT_FOUND",
        metadata: expect.arrayContaining([{ key: "version", value: beyondDoubles }]),
      },
    });
  });

  test("tells how large a message may be", async () => {
    const huge = listing("huge", "x".repeat(5 * 1024 * 1024));
    const error = await failureOf(connection.unary(method("CreateListing"), huge));
    expect(error.code).toBe(grpc.status.RESOURCE_EXHAUSTED);
    expect(catalog.detailsOf(error)).toMatchObject({
      "google.rpc.ErrorInfo": {
        reason: "REQUEST_TOO_LARGE",
        metadata: [{ key: "limitBytes", value: "4194304" }],
      },
    });
  });

  test("refuses a call without a token", async () => {
    const nobody = new GrpcConnection(mesh.urlOf("catalog"), "");
    const error = await failureOf(nobody.unary(method("GetListing"), { name: `${market}/listings/any` }));
    expect(error.code).toBe(grpc.status.UNAUTHENTICATED);
    expect(catalog.detailsOf(error)).toMatchObject({ "google.rpc.ErrorInfo": { reason: "TOKEN_MISSING" } });
    nobody.client.close();
  });
});

test("a deadline ends a call that waits", async () => {
  const name = `${market}/listings/waits`;
  const error = await mesh.whileLocked("catalog", "listings", () =>
    failureOf(connection.unary(method("GetListing"), { name }, { deadline: Date.now() + callDeadlineMs })),
  );
  expect(error.code).toBe(grpc.status.DEADLINE_EXCEEDED);
});

test("a deadline ends a stream; pings all along do not", async () => {
  const pinging = new GrpcConnection(mesh.urlOf("catalog"), mesh.authorization, {
    "grpc.keepalive_time_ms": 20,
    "grpc.keepalive_timeout_ms": 60_000,
  });
  const watched = (deadlineMs: number) => {
    const options = { deadline: Date.now() + deadlineMs };
    const watch = pinging.download(method("WatchListings"), { parent: quietMarket }, options);
    const messages: object[] = [];
    return new Promise<{ error: grpc.ServiceError; messages: object[] }>((resolve) => {
      watch.on("data", (message) => messages.push(message));
      watch.on("error", (cause) => resolve({ error: cause as grpc.ServiceError, messages }));
    });
  };
  const { error, messages } = await underDeadline(watched, (seen) => seen.messages.length > 0);
  expect(error.code).toBe(grpc.status.DEADLINE_EXCEEDED);
  expect(messages).toEqual([{ fact: "", listing: null }]);
  pinging.client.close();
});

test("an upload in flight ends well while its server stops, and the connection finds the next one", async () => {
  const importName = `${market}/imports/drained`;
  await connection.unary(method("CreateImport"), { parent: market, import_id: "drained", import: { kind } });
  const upload = connection.upload(method("ImportListings"));
  const row = (id: string) => ({ listing_id: id, attributes: title(unicode) });
  upload.send({ import: importName, first_row: "1", rows: [row("before")] });
  const stored = async () => {
    const { answer } = await connection.unary(method("GetImport"), { name: importName });
    return (answer.import as { acknowledged_row: string }).acknowledged_row;
  };
  await expect.poll(stored, { timeout: patienceMs }).toBe("1");

  const closed = mesh.close("catalog");
  await expect.poll(() => refused(mesh.urlOf("catalog")), { timeout: patienceMs }).toBe(true);
  upload.send({ first_row: "2", rows: [row("after")], complete: true });
  upload.end();
  const { answer } = await upload.answered;
  expect(answer.import).toMatchObject({ state: "STATE_COMPLETE", created_count: "2" });
  await closed;

  const away = await failureOf(connection.unary(method("GetImport"), { name: importName }));
  expect(away.code).toBe(grpc.status.UNAVAILABLE);
  await mesh.restart("catalog");
  await connection.untilConnected(patienceMs);
  const again = await connection.unary(method("GetImport"), { name: importName });
  expect(again.answer.import).toMatchObject({ acknowledged_row: "2" });
});

function refused(url: string): Promise<boolean> {
  return fetch(`${url}/livez`).then(
    () => false,
    () => true,
  );
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "@bufbuild/protobuf";
import { applyPack, collectStatistics } from "@marketmesh/cli/job/apply-pack";
import { createParties } from "@marketmesh/cli/job/create-parties";
import { importListings } from "@marketmesh/cli/job/import-listings";
import { awaitProjections } from "@marketmesh/cli/job/projections";
import { readPack, sampleOf } from "@marketmesh/markets";
import { createLogger, startTracing, type Tracing } from "@marketmesh/telemetry";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";
import { callEverything, type Marked, servicesOf } from "./call-everything.ts";
import { breakDatabase, columnsWith, filesOf, messagesOf, metricsOf } from "./what-is-left.ts";

const market = "privacy";
const parent = `markets/${market}`;
const start = "2026-03-02T08:00:00Z";
/** In every text that is sent, whatever field it stands in. */
const content = "contentmarkq7z";
/** In tokens, keys and headers. */
const secret = "secretmarkq7z";
/** In personal attributes and display names alone. */
const personal = "personalmarkq7z";

const lines: string[] = [];
const folder = mkdtempSync(join(tmpdir(), "marketmesh-privacy-"));
let mesh: WholeMesh;
let tracing: Tracing;

beforeAll(async () => {
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    lines.push(String(chunk));
    return true;
  });
  const log = createLogger({
    service: "mesh",
    level: "debug",
    write: (line) => lines.push(line),
    now: () => new Date(),
  });
  tracing = await startTracing({
    service: "mesh",
    target: { kind: "file", directory: folder, bytesMax: 256 * 1024 * 1024 },
    sampling: { parentBased: false, ratio: 1, tracesPerSecond: 0 },
    slowMs: 1,
    log,
  });
  mesh = await startWholeMesh({ LOG_LEVEL: "debug", RATE_LIMIT_CALLS_PER_SECOND: "100000" });
});

afterAll(async () => {
  vi.restoreAllMocks();
  await mesh?.[Symbol.asyncDispose]();
  await tracing?.close();
  rmSync(folder, { recursive: true });
});

async function marked(filling: Marked["filling"]): Promise<Marked> {
  const token = await mesh.clients.accessToken();
  const header = {
    authorization: `Bearer ${token}`,
    cookie: secret,
    "x-api-key": secret,
    "user-agent": secret,
  };
  return { marker: content, market, filling, header };
}

/** A line that holds one of the marks: there must be none in what operators see. */
function leaks(text: string): string[] {
  const marks = new RegExp([content, secret, personal].join("|"));
  return text
    .split("\n")
    .filter((line) => marks.test(line))
    .map((line) => line.slice(0, 600));
}

describe("marks that are sent to every RPC of every service", () => {
  test("are stored, decided about, refused and failed on in every service", async () => {
    await personalFlow();
    const everywhere = await callEverything(mesh.endpoints, await marked("everywhere"));
    const strangers = await callEverything(mesh.endpoints, {
      ...(await marked("everywhere")),
      header: { authorization: `Bearer ${secret}.${secret}.${secret}`, "marketmesh-caller": secret },
    });
    const placed = await callEverything(mesh.endpoints, await marked("placed"));
    const expected = Object.keys(mesh.endpoints).flatMap((target) =>
      servicesOf(target).flatMap(({ typeName, methods }) =>
        methods.map(({ name }) => `${target} ${typeName}/${name}`),
      ),
    );
    expect(expected.length).toBeGreaterThan(100);
    for (const outcomes of [everywhere, strangers, placed])
      expect([...outcomes.keys()]).toEqual(expect.arrayContaining(expected));
    const codes = new Set([...placed.values()].flatMap((ended) => [...ended]));
    expect([...codes]).toEqual(expect.arrayContaining(["OK", "INVALID_ARGUMENT", "NOT_FOUND"]));
    await exchangeOf(`mmk_${secret}`);
  });

  test("personal ones stand in clear in identity's parties alone: in no event, row or message else", async () => {
    const found: string[] = [];
    for (const service of mesh.services.keys())
      for (const column of await columnsWith(mesh, service, personal)) found.push(`${service} ${column}`);
    expect(found.filter((path) => !/^identity public\.parties\./.test(path))).toEqual([]);
    expect(found).not.toEqual([]);
    const messages = await messagesOf(mesh);
    expect(messages).toContain("ListingCreated");
    expect(messages).not.toContain(personal);
  });

  test("fail unforeseen in every service", async () => {
    for (const service of mesh.services.keys()) await breakDatabase(mesh, service);
    const outcomes = await callEverything(mesh.endpoints, await marked("placed"));
    const failed = [...outcomes]
      .filter(([, ended]) => ended.has("INTERNAL"))
      .map(([key]) => key.split(" ")[0]);
    expect(new Set(failed).size).toBeGreaterThanOrEqual(4);
    expect(lines.join("")).toContain("call failed");
  });

  test("stand in no log line, span or metric", async () => {
    await tracing.close();
    const spans = filesOf(folder);
    expect(spans).toContain("CatalogService/CreateListing");
    expect(leaks(spans)).toEqual([]);
    expect(leaks(metricsOf(mesh))).toEqual([]);
    expect(lines.some((line) => line.includes('"level":"debug"') || line.includes('"level":"info"'))).toBe(
      true,
    );
    expect(leaks(lines.join(""))).toEqual([]);
  });
});

async function exchangeOf(apiKey: string): Promise<void> {
  await expect(
    mesh.clients.tokens.exchangeToken({ grant: { case: "apiKey", value: apiKey } }),
  ).rejects.toThrow();
}

/** A market whose people, names and addresses are marks: imported, created, changed, read, decided about, erased. */
async function personalFlow(): Promise<void> {
  const pack = readPack("labor");
  const { parties, supply, demand } = sampleOf(pack.pack, 1);
  const person = {
    full_name: `${personal} Ann`,
    contact_email: `${personal}@example.org`,
    street_address: personal,
  };
  const rows = supply.slice(0, 20).map((row) => ({ ...row, attributes: { ...row.attributes, ...person } }));
  const wanted = demand.slice(0, 10);
  const owners = new Set([...rows, ...wanted].map(({ owner }) => owner));
  await applyPack(mesh.clients, market, pack, { clock: start });
  const named = parties
    .filter(({ id }) => owners.has(id))
    .map(({ id }) => ({ id, displayName: `${personal} ${id}` }));
  await createParties(mesh.clients, market, named);
  const imports = [
    await importListings(mesh.clients, market, "supply", pack.plan.supply, rows),
    await importListings(mesh.clients, market, "demand", pack.plan.demand, wanted),
  ];
  const revisions = imports.map(({ revision }) => revision);
  await awaitProjections(mesh.clients, market, pack, revisions, start);
  await collectStatistics(mesh.clients, market, pack, revisions);
  const { catalog, allocation, identity } = mesh.clients;
  const owner = `${parent}/parties/${rows[0]!.owner}`;
  const kind = `${parent}/kinds/${pack.plan.supply}`;
  const attributes = rows[0]!.attributes as JsonObject;
  await catalog.createListing({ parent, listingId: "marked", listing: { kind, owner, attributes } });
  const name = `${parent}/listings/marked`;
  const read = await catalog.getListing({ name });
  expect(JSON.stringify(read.listing?.attributes)).toContain(personal);
  const changed = {
    name,
    kind,
    owner,
    attributes: { ...attributes, full_name: `${personal} Changed` },
  };
  await catalog.updateListing({ listing: changed, updateMask: { paths: ["attributes"] } });
  const { plans } = await allocation.listPlans({ parent });
  const demands = wanted.map(({ id }) => `${parent}/listings/${id}`);
  await allocation.batchAllocateNow({ plan: plans[0]!.name, demands });
  await identity.eraseParty({ name: owner });
}

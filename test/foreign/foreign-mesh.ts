import postgres from "postgres";
import { startWholeMesh } from "../support/whole-mesh.ts";
import { postJson } from "./json-call.ts";

/** A mesh as a stranger meets it: addresses, an access token, and a market with a kind of listing. */
export interface ForeignMesh extends AsyncDisposable {
  urlOf(service: string): string;
  /** The header that every call needs. */
  readonly authorization: string;
  /** Begins to close a service; resolves when it is closed. */
  close(service: string): Promise<void>;
  /** Closes a service, unless that was done, and starts it again at its address. */
  restart(service: string): Promise<void>;
  /** Runs while nobody can read or write a table of a service: its calls wait. */
  whileLocked<T>(service: string, table: string, run: () => Promise<T>): Promise<T>;
}

/** Format of the kind's attributes: text in any script, and a list of it. */
const schema = {
  type: "object",
  required: ["title"],
  properties: {
    title: { type: "string", maxLength: 200 },
    skills: { type: "array", maxItems: 1_000, items: { type: "string", maxLength: 200 } },
  },
};

export const market = "markets/berlin";
/** A market in which nothing happens. */
export const quietMarket = "markets/paris";
export const kind = `${market}/kinds/candidate`;
/** Text that a client gets wrong when it counts bytes as characters, or half of a pair as one. */
export const unicode = "Grüße 東京 👩‍🚀 \u202bשלום\u202c é";

/** The first whole number that a double does not hold. */
export const beyondDoubles = "9007199254740993";
/** Deadlines of a stream that has none else: soon over, and long enough for it to begin on a machine that is busy. */
const streamDeadlinesMs = [1_000, 10_000, 60_000];

/** Reads a stream under a deadline, and again under a longer one as long as it had not even begun by then. */
export async function underDeadline<T>(
  read: (deadlineMs: number) => Promise<T>,
  hasBegun: (read: T) => boolean,
): Promise<T> {
  for (const deadlineMs of streamDeadlinesMs.slice(0, -1)) {
    const outcome = await read(deadlineMs);
    if (hasBegun(outcome)) return outcome;
  }
  return read(streamDeadlinesMs.at(-1)!);
}
/** The deadline of a call that would wait for ever. */
export const callDeadlineMs = 200;

export async function startForeignMesh(env: Readonly<Record<string, string>> = {}): Promise<ForeignMesh> {
  const mesh = await startWholeMesh({ LOG_LEVEL: "error", ...env });
  const urlOf = (service: string) => mesh.endpoints[service] as string;
  const authorization = await tokenFor(urlOf("identity"), mesh.operatorKey);
  const create = async (service: string, method: string, body: object) => {
    const { status, body: answer } = await postJson(urlOf(service), method, body, { authorization });
    if (status !== 200) throw new Error(`${method}: ${JSON.stringify(answer)}`);
  };
  await create("identity", "marketmesh.identity.v1.IdentityService/CreateMarket", { marketId: "berlin" });
  await create("identity", "marketmesh.identity.v1.IdentityService/CreateMarket", { marketId: "paris" });
  await create("catalog", "marketmesh.catalog.v1.CatalogService/CreateKind", {
    parent: market,
    kindId: "candidate",
    kind: { side: "SIDE_SUPPLY", schema },
  });
  return {
    urlOf,
    authorization,
    close: async (service) => mesh.services.get(service)?.close(),
    restart: mesh.restart,
    whileLocked: (service, table, run) =>
      whileLocked(mesh.services.get(service)?.host.env.DATABASE_MIGRATOR_URL ?? "", table, run),
    [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose](),
  };
}

async function tokenFor(identity: string, apiKey: string): Promise<string> {
  const exchange = "marketmesh.identity.v1.TokenService/ExchangeToken";
  const { status, body } = await postJson(identity, exchange, { apiKey });
  if (status !== 200) throw new Error(`no token: ${JSON.stringify(body)}`);
  return `Bearer ${(body.accessToken as { token: string }).token}`;
}

async function whileLocked<T>(databaseUrl: string, table: string, run: () => Promise<T>): Promise<T> {
  const sql = postgres(databaseUrl, { max: 1 });
  try {
    const outcome = await sql.begin(async (tx) => {
      await tx`lock table ${tx(table)} in access exclusive mode`;
      return { value: await run() };
    });
    return outcome.value;
  } finally {
    await sql.end();
  }
}

import type { DescMessage, DescMethodUnary, Message, MessageInitShape } from "@bufbuild/protobuf";
import { createConnectTransport } from "@connectrpc/connect-node";
import { patiently } from "@marketmesh/client";
import { patienceMs, startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";
import { attribute, type Sent } from "./attribute.ts";
import { type Contracts, loadContracts, type Rpc } from "./contracts.ts";
import { plantDeadLetters } from "./dead-letters.ts";
import { finalChecks, readP99Ms } from "./final-checks.ts";
import { harvest } from "./harvest.ts";
import { judge } from "./judge.ts";
import { makeRequest, type Source } from "./make-request.ts";
import { fieldTexts, Pool } from "./pool.ts";
import { createPrincipals, expiringToken, type Principals, untilExpired } from "./principals.ts";
import { Report, type Summary } from "./report.ts";
import type { FuzzRequest, Outcome } from "./request.ts";
import { Sender } from "./send.ts";
import { shrink } from "./shrink.ts";
import { servedRpcs, surveyAmple, surveyLists, surveySides } from "./survey.ts";
import { buildWorld, worldMarkets } from "./world.ts";
import { watchWrites } from "./writes.ts";

export interface FuzzOptions {
  readonly seed: number;
  readonly requests: number;
  /** Only these numbers, in this order, one after the other: how a failure is repeated. */
  readonly only?: readonly number[];
  /** The checkout's folder: `proto/` is read. */
  readonly checkout: string;
  /** A superuser's URL of the mesh's Postgres. */
  readonly adminUrl: string;
  readonly say: (line: string) => void;
}

const slotsCount = 12;
const batchSize = 2_000;

interface Fuzzer {
  readonly source: Source;
  readonly contracts: Contracts;
  readonly sender: Sender;
  readonly slots: readonly Principals[];
  readonly report: Report;
}

/** Starts a mesh, sends seeded requests to every method of it, and says what they broke. */
export async function fuzz(options: FuzzOptions): Promise<Summary> {
  const contracts = loadContracts(options.checkout);
  await using mesh = await startWholeMesh();
  const expiring = await expiringToken(mesh.clients);
  const { parties, ample } = await buildWorld(mesh);
  await plantDeadLetters(mesh, options.adminUrl);
  const [home, abroad] = worldMarkets;
  const slots = await Promise.all(
    Array.from({ length: slotsCount }, (_, slot) =>
      createPrincipals(mesh.clients, slot, home, abroad, parties, expiring),
    ),
  );
  const rpcs = await servedRpcs(contracts, mesh.endpoints);
  const pool = new Pool();
  await surveyLists(pool, rpcs, operatorCall(mesh));
  await surveySides(pool, mesh.clients);
  surveyAmple(pool, ample);
  for (const market of worldMarkets)
    for (const { apiKey } of slots) pool.put(fieldTexts("api_key", market), apiKey, -1, apiKey.slice(-8));
  await untilExpired(mesh.endpoints.identity as string, expiring);
  using sender = new Sender(mesh.endpoints, contracts.registry);
  await using writes = await watchWrites(mesh, options.adminUrl);
  const beforeMs = await readP99Ms(mesh);
  const report = new Report(options, rpcs);
  const source = { seed: options.seed, contracts, pool, rpcs, markets: worldMarkets };
  const fuzzer: Fuzzer = { source, contracts, sender, slots, report };
  options.say(`${rpcs.length} methods of ${mesh.services.size} services; seed ${options.seed}`);

  for (const batch of batchesOf(options)) {
    const sent = options.only ? await sendInTurn(fuzzer, batch, options.say) : await sendBatch(fuzzer, batch);
    for (const fault of attribute(slots, sent, await writes.take()))
      report.violation(fault.request, fault.text);
    if (!options.only) options.say(report.progress());
  }
  for (const text of await finalChecks(mesh, options.adminUrl, beforeMs)) report.finding(text);
  return report.summary();
}

function* batchesOf({ requests, only }: FuzzOptions): Iterable<readonly number[]> {
  if (only) return yield only;
  for (let first = 0; first < requests; first += batchSize) {
    const size = Math.min(batchSize, requests - first);
    yield Array.from({ length: size }, (_, at) => first + at);
  }
}

/** Each slot sends its own numbers, one after the other: its principals' writes are then those of one request. */
async function sendBatch(fuzzer: Fuzzer, numbers: readonly number[]): Promise<Sent[]> {
  const sent = await Promise.all(
    fuzzer.slots.map(async (_, slot) => {
      const own: Sent[] = [];
      for (const number of numbers) if (number % slotsCount === slot) own.push(await sendOne(fuzzer, number));
      return own;
    }),
  );
  return sent.flat();
}

async function sendInTurn(
  fuzzer: Fuzzer,
  numbers: readonly number[],
  say: FuzzOptions["say"],
): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const number of numbers) {
    const one = await sendOne(fuzzer, number);
    say(fuzzer.report.show(one.request, one.outcome));
    sent.push(one);
  }
  return sent;
}

async function sendOne({ source, contracts, sender, slots, report }: Fuzzer, number: number): Promise<Sent> {
  const slot = number % slotsCount;
  const principals = slots[slot] as Principals;
  const request = makeRequest(source, number, principals);
  const headers = await headersOf(request, principals, source.seed);
  const outcome = await sender.send(request, headers);
  const answer = outcome.kind === "ok" ? outcome.answers[0] : undefined;
  if (answer && request.damage === undefined)
    for (const each of (outcome as { answers: readonly Message[] }).answers.slice(0, 3))
      harvest(source.pool, request.rpc, request.messages[0] as Message, each, number, request.market);
  report.sent(request, outcome);
  const text = judge(contracts, request, outcome);
  if (text !== undefined) {
    const again = (smaller: FuzzRequest) => sender.send(smaller, headers);
    const shown = report.isNew(request, text)
      ? await shrink(request, async (smaller) => judge(contracts, smaller, await again(smaller)) === text)
      : request;
    report.violation(shown, text, outcome);
  }
  return { slot, request, outcome };
}

async function headersOf(
  request: FuzzRequest,
  principals: Principals,
  seed: number,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = { "x-request-id": `fuzz-${seed}-${request.number}` };
  const authorization = await principals.authorization(request.who, request.rpc);
  if (authorization !== undefined) headers.authorization = authorization;
  if (request.endCaller !== undefined) {
    const caller = await principals.authorization(request.endCaller, request.rpc);
    headers["marketmesh-caller"] = (caller ?? "").slice("Bearer ".length);
  }
  return headers;
}

function operatorCall(mesh: WholeMesh): (rpc: Rpc, request: Message) => Promise<Message> {
  const transports = new Map(
    Object.entries(mesh.endpoints).map(([target, baseUrl]) => [
      target,
      createConnectTransport({ baseUrl, httpVersion: "2" }),
    ]),
  );
  return async (rpc, request) => {
    const { accessToken } = await operatorToken(mesh);
    const method = rpc.method as DescMethodUnary<DescMessage, DescMessage>;
    const headers = { authorization: `Bearer ${accessToken}` };
    const transport = transports.get(rpc.target);
    if (!transport) throw new Error(`no address of ${rpc.target}`);
    const input = request as MessageInitShape<DescMessage>;
    return (await transport.unary(method, undefined, 120_000, headers, input)).message;
  };
}

async function operatorToken({ clients, operatorKey }: WholeMesh): Promise<{ accessToken: string }> {
  const grant = { case: "apiKey", value: operatorKey } as const;
  const { accessToken } = await patiently(() => clients.tokens.exchangeToken({ grant }), { patienceMs });
  return { accessToken: accessToken?.token ?? "" };
}

export type { Outcome };

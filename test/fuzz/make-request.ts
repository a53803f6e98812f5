import { clone, type Message, toBinary, toJsonString } from "@bufbuild/protobuf";
import { breakMessage } from "./break-message.ts";
import { buildMessage, type Draft } from "./build-message.ts";
import type { Contracts, Rpc } from "./contracts.ts";
import { conversationOf } from "./conversations.ts";
import { damageOf } from "./damage.ts";
import { type NextPage, type Pool, pagesOf, requestsOf } from "./pool.ts";
import { dishonest, foreign, honest, type Principals, type Who } from "./principals.ts";
import { type Random, randomOf } from "./random.ts";
import type { FuzzRequest, Mode, Protocol } from "./request.ts";

/** What requests are made of. */
export interface Source {
  readonly seed: number;
  readonly contracts: Contracts;
  readonly pool: Pool;
  /** In a fixed order. */
  readonly rpcs: readonly Rpc[];
  /** Ids of markets: the first is home, the second that of the foreign principals. */
  readonly markets: readonly string[];
}

/** Beside all other tests, on a busy machine; what never ends does not end then either. */
const deadlineMs = 60_000;
// Republishing, collecting and rounds make work far beyond their call; what is retired is of no more use to others.
const rare: Readonly<Record<string, number>> = {
  Republish: 0.4,
  CollectStatistics: 0.3,
  CreateRound: 0.5,
  RetireWorkflow: 0.2,
};
const platformShares = [0.75, 0.15, 0.1];

/** The request of this number. `principals` are those of the slot that sends it. */
export function makeRequest(source: Source, number: number, principals: Principals): FuzzRequest {
  const random = randomOf(source.seed, number);
  const rpc = pickRpc(source.rpcs, random);
  const mode = pickMode(random);
  const wrong =
    mode === "wrong" ? random.pick(["token", "token", "stranger", "damage", "damage", "leave", "hurry"]) : "";
  const who = pickWho(wrong, rpc, principals, random);
  const market = marketOf(source.markets, wrong === "stranger" ? "reader" : who, random);
  const draft: Draft = {
    contracts: source.contracts,
    pool: source.pool,
    random,
    market,
    number,
    origins: new Set(),
    within: "",
  };
  const other = source.markets.find((id) => id !== market) as string;
  const messages = messagesFor(draft, rpc, mode, other);
  const protocol = pickProtocol(rpc, random, messages, source.contracts);
  const waits = messages.some(mayWait);
  return {
    number,
    rpc,
    mode,
    protocol,
    who,
    endCaller:
      who === "service" && wrong === "" && random.chance(0.3)
        ? random.pick(["admin", "party"] as const)
        : undefined,
    market,
    messages,
    timeoutMs: wrong === "hurry" ? 1 + random.int(6) : waits ? 500 : deadlineMs,
    leaveAfterMs: wrong === "leave" ? random.int(12) : undefined,
    mayTimeOut: waits || wrong === "hurry",
    damage: wrong === "damage" ? damageOf(random) : undefined,
    mustBeRefused: (wrong === "token" || wrong === "stranger") && isGuarded(rpc),
    origins: draft.origins,
  };
}

function isGuarded({ policy }: Rpc): boolean {
  return policy?.access === "PERMISSION";
}

function pickRpc(rpcs: readonly Rpc[], random: Random): Rpc {
  for (;;) {
    const rpc = random.pick(rpcs);
    if (random.chance(rare[rpc.method.name] ?? 1)) return rpc;
  }
}

function pickMode(random: Random): Mode {
  if (random.chance(0.4)) return "valid";
  return random.chance(0.55) ? "boundary" : "wrong";
}

function pickWho(wrong: string, rpc: Rpc, principals: Principals, random: Random): Who {
  if (wrong === "token") return random.pick(dishonest);
  if (wrong === "stranger") {
    const without = honest.filter((who) => !principals.may(who, rpc));
    return random.pick([...foreign, ...without]);
  }
  const able = honest.filter((who) => principals.may(who, rpc));
  return random.chance(0.4) || able.length === 0 ? "operator" : random.pick(able);
}

function marketOf(markets: readonly string[], who: Who, random: Random): string {
  const [home] = markets as [string];
  if (who !== "operator" && who !== "service") return home;
  let left = random.int(1_000) / 1_000;
  for (const [at, share] of platformShares.entries()) {
    left -= share;
    if (left < 0) return markets[at] ?? home;
  }
  return home;
}

function messagesFor(draft: Draft, rpc: Rpc, mode: Mode, other: string): Message[] {
  const { random } = draft;
  const told = conversationOf(rpc.method.name, draft);
  if (told) {
    const broken = mode === "boundary" ? random.int(told.length) : -1;
    return told.map((message, at) => (at === broken ? atAnEdge(draft, rpc, message, other) : message));
  }
  const streamed = rpc.method.methodKind === "client_streaming" || rpc.method.methodKind === "bidi_streaming";
  const count = streamed ? 1 + random.int(3) : 1;
  return Array.from({ length: count }, () => {
    // What is wrong must be wrong for one reason only, so it is made anew.
    const again = mode === "wrong" ? undefined : repeated(draft, rpc);
    const message = again ?? buildMessage(draft, rpc.method.input);
    return mode === "boundary" ? atAnEdge(draft, rpc, message, other) : message;
  });
}

function atAnEdge(draft: Draft, rpc: Rpc, message: Message, other: string): Message {
  const edge = clone(rpc.method.input, message);
  breakMessage(draft, rpc.method.input, edge, other);
  return isWritable(rpc, edge) ? edge : message;
}

/** Sometimes what was answered before: its next page, or the same again, with the same `request_id`. */
function repeated(draft: Draft, rpc: Rpc): Message | undefined {
  const { random, pool, origins } = draft;
  if (random.chance(0.2)) {
    const page = pool.draw(pagesOf(rpc.name, draft.market), random);
    if (page) {
      if (page.origin >= 0) origins.add(page.origin);
      const { request, token } = page.value as NextPage;
      return { ...clone(rpc.method.input, request), pageToken: token } as Message;
    }
  }
  if (!random.chance(0.06)) return undefined;
  const known = pool.draw(requestsOf(rpc.name, draft.market), random);
  if (!known) return undefined;
  if (known.origin >= 0) origins.add(known.origin);
  return clone(rpc.method.input, known.value as Message);
}

/** Larger messages are damage.ts's: a client's own session holds 10 MB, and counts what a refused call left unsent. */
const bytesMax = 1024 * 1024;

// A message may hold what its own binary form cannot, such as a number beyond its type.
function isWritable(rpc: Rpc, message: Message): boolean {
  try {
    return toBinary(rpc.method.input, message).length <= bytesMax;
  } catch {
    return false;
  }
}

function pickProtocol(
  rpc: Rpc,
  random: Random,
  messages: readonly Message[],
  contracts: Contracts,
): Protocol {
  const share = random.int(100);
  if (share < 10) return "grpc";
  if (share < 18) return "grpc-web";
  if (share >= 30) return "connect";
  try {
    for (const message of messages) toJsonString(rpc.method.input, message, { registry: contracts.registry });
    return "json";
  } catch {
    return "connect";
  }
}

/** More facts than a run can announce. */
const neverReached = 1_000_000n;

interface MayWait {
  readonly revisions?: readonly unknown[];
  readonly candidates?: readonly { readonly supplies?: { readonly feedSeq?: bigint } }[];
}

// An answer that must reflect a revision, or a set's position, waits for it up to the deadline; a made-up one never comes.
function mayWait(message: Message): boolean {
  const { revisions = [], candidates = [] } = message as Message & MayWait;
  return revisions.length > 0 || candidates.some(({ supplies }) => (supplies?.feedSeq ?? 0n) > neverReached);
}

import { type ContextKey, createContextKey, type HandlerContext } from "@connectrpc/connect";

/** How far a token reaches: the whole platform, one market, or one party of one market. */
export type Reach = "PLATFORM" | "MARKET" | "PARTY";

/** Who is calling, from verified tokens. */
export interface Caller {
  /** The principal's name (`sub`), for example `markets/berlin/serviceAccounts/importer`; empty for an anonymous caller. */
  readonly principal: string;
  readonly reach: Reach;
  /** The market's id; absent for platform reach. */
  readonly market?: string;
  /** The party's id; present exactly for party reach. */
  readonly party?: string;
  /** Each exact, or ending in `.*`, or `*`. */
  readonly permissions: readonly string[];
  /** The verified bearer token, to be passed on and never to be logged. */
  readonly token: string;
  readonly requestId: string;
  /** The service that made the call for this caller, by its own token; absent when the caller called directly. */
  readonly via?: string;
}

/** Nobody: the caller of a PUBLIC method without a token. Reaches one party of no market, so row security shows nothing. */
export function anonymous(requestId: string): Caller {
  return { principal: "", reach: "PARTY", market: "", party: "", permissions: [], token: "", requestId };
}

/** Where the server's gate leaves the caller for interceptors and handlers. */
export const callerKey: ContextKey<Caller | undefined> = createContextKey<Caller | undefined>(undefined, {
  description: "the verified caller",
});

/** The verified caller of this call. For a call made by a service on behalf of someone, that someone. */
export function callerOf(context: Pick<HandlerContext, "values">): Caller {
  const caller = context.values.get(callerKey);
  if (!caller) throw new Error("callerOf: this handler does not run behind the server's gate");
  return caller;
}

/** Whether the permissions include the wanted one, exactly or by a wildcard. */
export function holds(permissions: readonly string[], wanted: string): boolean {
  for (const permission of permissions) {
    if (permission === wanted || permission === "*") return true;
    if (permission.endsWith(".*") && wanted.startsWith(permission.slice(0, -1))) return true;
  }
  return false;
}

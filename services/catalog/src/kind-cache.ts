import type { Tx } from "@marketmesh/postgres";
import { type CompiledKind, compileKind } from "./domain/compiled-kind.ts";
import type { Kind } from "./domain/kind.ts";
import { findKind, findKindVersion } from "./storage/kind-store.ts";

const keptMax = 1_000;

/** Kinds compiled for checking listings, by market, id and version. */
export interface KindCache {
  /** The current version of a kind; undefined when the market has no such kind. */
  load(tx: Tx, market: string, id: string): Promise<CompiledKind | undefined>;
}

/** Compiling takes milliseconds and a version never changes, so it is done once per process. */
export function kindCache(): KindCache {
  const kept = new Map<string, CompiledKind>();
  return {
    async load(tx, market, id) {
      const version = await findKindVersion(tx, market, id);
      if (version === undefined) return undefined;
      const known = kept.get(`${market}/${id}/${version}`);
      if (known) return known;
      const kind = await findKind(tx, market, id);
      if (!kind) return undefined;
      const compiled = compileStored(kind);
      kept.set(`${market}/${id}/${kind.version}`, compiled);
      const [oldest] = kept.keys();
      if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
      return compiled;
    },
  };
}

function compileStored(kind: Kind): CompiledKind {
  const compiled = compileKind(kind, kind.version);
  // It compiled when it was stored: a release that understands less must not check listings by half a schema.
  if (!compiled.ok) throw new Error(`kind ${kind.id} of ${kind.market}: ${compiled.problem.message}`);
  return compiled.value;
}

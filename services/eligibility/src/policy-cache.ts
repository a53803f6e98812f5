import { type CompiledPolicy, compilePolicy, type PairTypes } from "./domain/compiled-policy.ts";
import type { Policy } from "./domain/policy.ts";

const policiesMax = 256;

/** Compiled policies by name, version and the versions of both kinds, the latest used kept. */
export interface PolicyCache {
  compiled(
    policy: Policy,
    kinds: { readonly supply: KindVersion; readonly demand: KindVersion },
  ): CompiledPolicy;
}

interface KindVersion {
  readonly version: bigint;
  readonly types: PairTypes["supply"];
}

export function policyCache(): PolicyCache {
  const known = new Map<string, CompiledPolicy>();
  return {
    compiled(policy, { supply, demand }) {
      const key = `${policy.market}/${policy.id}@${policy.version}/${supply.version}/${demand.version}`;
      const found = known.get(key);
      if (found !== undefined) {
        known.delete(key);
        known.set(key, found);
        return found;
      }
      const result = compilePolicy(policy.rules, { supply: supply.types, demand: demand.types });
      // Kinds change compatibly, so what compiled once compiles with every later version.
      if (!result.ok) throw new Error(`${key} no longer compiles: ${result.mistakes[0]?.message}`);
      known.set(key, result.policy);
      const [oldest] = known.keys();
      if (known.size > policiesMax && oldest !== undefined) known.delete(oldest);
      return result.policy;
    },
  };
}

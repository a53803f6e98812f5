import type { Tx } from "@marketmesh/postgres";
import { type CallableMethod, parseWorkflow, type Workflow } from "@marketmesh/workflow-engine";
import { readSources } from "../storage/workflow-store.ts";

/** Which version of which workflow. */
export interface WorkflowVersion {
  readonly id: string;
  readonly version: number;
}

const keptMax = 500;

/** Parsed workflows. A version never changes, so what was parsed once is kept; the least recently used goes first. */
export class WorkflowLibrary {
  readonly #parsed = new Map<string, Workflow>();

  /** By `id/version`. Throws when one is not there: runs and facts name only versions that were stored. */
  async get(tx: Tx, market: string, wanted: readonly WorkflowVersion[]): Promise<Map<string, Workflow>> {
    const found = new Map<string, Workflow>();
    const missing: WorkflowVersion[] = [];
    for (const version of wanted) {
      const known = this.#use(market, version);
      if (known) found.set(versionKey(version), known);
      else missing.push(version);
    }
    if (missing.length === 0) return found;
    for (const [key, source] of await readSources(tx, market, missing)) {
      const workflow = parseStored(source, `${market}/${key}`);
      this.#keep(`${market}/${key}`, workflow);
      found.set(key, workflow);
    }
    return found;
  }

  #use(market: string, version: WorkflowVersion): Workflow | undefined {
    const key = `${market}/${versionKey(version)}`;
    const known = this.#parsed.get(key);
    if (known) this.#keep(key, known);
    return known;
  }

  #keep(key: string, workflow: Workflow): void {
    this.#parsed.delete(key);
    this.#parsed.set(key, workflow);
    if (this.#parsed.size > keptMax) this.#parsed.delete(this.#parsed.keys().next().value!);
  }
}

export function versionKey({ id, version }: WorkflowVersion): string {
  return `${id}/${version}`;
}

// It was checked when it was stored. A method that has gone since is no reason not to carry on with the run: its call fails.
function parseStored(source: string, where: string): Workflow {
  const anyMethod = (method: string): CallableMethod => ({ method, check: () => [] });
  const parsed = parseWorkflow(source, anyMethod);
  if (parsed.ok) return parsed.workflow;
  throw new Error(`the stored workflow ${where} does not parse: ${parsed.problems[0]?.message}`);
}

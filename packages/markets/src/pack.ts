import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { DocumentError, readDocument } from "./document.ts";

/** A market in files: what it trades, who is eligible, how both sides see each other, how allocation is decided. */
export interface Pack {
  readonly pack: string;
  readonly kinds: readonly PackKind[];
  readonly policy: PackPolicy;
  readonly models: readonly PackModel[];
  readonly statistics: readonly PackStatistics[];
  readonly plan: PackPlan;
  /** How allocations are carried out, by name. */
  readonly workflows: readonly PackWorkflow[];
}

/** A workflow definition as it stands in `workflows/NAME.yaml`; fulfillment checks it. */
export interface PackWorkflow {
  readonly name: string;
  readonly source: string;
}

export interface PackKind {
  readonly kind: string;
  readonly side: "SUPPLY" | "DEMAND";
  readonly schema: Readonly<Record<string, unknown>>;
  readonly derivedAttributes?: readonly { readonly attribute: string; readonly expression: string }[];
  readonly groups?: readonly { readonly group: string; readonly attribute: string }[];
}

export interface PackPolicy {
  readonly policy: string;
  readonly rules: readonly {
    readonly reason: string;
    readonly expression: string;
    readonly description?: string;
  }[];
}

export interface PackModel {
  readonly model: string;
  readonly perspective: "DEMAND" | "SUPPLY";
  readonly features: readonly PackFeature[];
}

/** Weights and values are plain numbers here; the service keeps them in millionths. */
export interface PackFeature {
  readonly feature: string;
  readonly weight: number;
  readonly expression?: string;
  readonly overlap?: {
    readonly supply: string;
    readonly demand: string;
    readonly weighting?: "UNIFORM" | "RARITY";
    readonly normalise?: "DEMAND" | "SUPPLY" | "NONE";
  };
  readonly missing?: number;
  readonly min?: number;
  readonly max?: number;
}

export interface PackStatistics {
  readonly statistics: string;
  readonly attributes: readonly { readonly kind: string; readonly attribute: string }[];
}

export interface PackPlan {
  readonly plan: string;
  readonly supply: string;
  readonly demand: string;
  readonly decide: "ROUNDS" | "AT_ONCE";
  readonly strategy?: "DEFERRED_ACCEPTANCE" | "GREEDY";
  readonly proposing?: "DEMAND" | "SUPPLY";
  readonly topK?: number;
  readonly unitMode?: "SPREAD" | "WHOLE";
  readonly answeredBy?: "DEMAND" | "SUPPLY";
  /** A number and a unit: `90s`, `30m`, `72h`, `7d`. */
  readonly acceptanceWindow?: string;
}

const packsFolder = new URL("../", import.meta.url);

/** The packs that ship with marketmesh, by name. */
export function packNames(): string[] {
  return readdirSync(packsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/plan.yaml`, packsFolder)))
    .map((entry) => entry.name)
    .sort();
}

/** Where a pack's files stand. Throws DocumentError when there is no such pack. */
export function packFolder(pack: string): URL {
  if (!packNames().includes(pack)) {
    throw new DocumentError(`there is no pack "${pack}"; there are ${packNames().join(", ")}`);
  }
  return new URL(`${pack}/`, packsFolder);
}

/** Reads a pack. Throws DocumentError naming the file and field that is wrong. */
export function readPack(pack: string): Pack {
  const folder = packFolder(pack);
  const read = <T>(file: string, part: string) =>
    readDocument<T>(new URL(file, folder), `pack.schema.json#/$defs/${part}`);
  const { models, statistics = [] } = readModels(folder);
  return {
    pack,
    kinds: kindFiles(folder).map((file) => ({
      kind: basename(file, ".json"),
      ...read<Omit<PackKind, "kind">>(`kinds/${file}`, "kind"),
    })),
    policy: read<PackPolicy>("policy.yaml", "policy"),
    models,
    statistics,
    plan: read<PackPlan>("plan.yaml", "plan"),
    workflows: readWorkflows(new URL("workflows/", folder)),
  };
}

function readModels(folder: URL): { models: PackModel[]; statistics?: PackStatistics[] } {
  return readDocument(new URL("models.yaml", folder), "pack.schema.json#/$defs/modelsFile");
}

function readWorkflows(folder: URL): PackWorkflow[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => ({ name: basename(file, ".yaml"), source: readFileSync(new URL(file, folder), "utf8") }));
}

function kindFiles(folder: URL): string[] {
  return readdirSync(new URL("kinds/", folder))
    .filter((file) => file.endsWith(".json"))
    .sort();
}

import type { Evaluate } from "./cel/compile.ts";
import type { Json, JsonObject } from "./model.ts";

/** A compiled definition: what the interpreter walks. Immutable. */
export interface Program {
  readonly name: string;
  readonly documentVersion: string;
  /** The document as parsed, for `workflow.definition`. */
  readonly document: JsonObject;
  readonly root: RootNode;
  /** Every node by its JSON pointer; the root's is empty. */
  readonly nodes: ReadonlyMap<string, Node>;
  readonly triggers: readonly TriggerNode[];
  /** Every filter of every `listen`, by event type. */
  readonly filters: ReadonlyMap<string, readonly EventFilter[]>;
}

/** JSON with expressions in it. */
export type Template =
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "expression"; readonly evaluate: Evaluate }
  | { readonly kind: "text"; readonly parts: readonly (string | Evaluate)[] }
  | { readonly kind: "list"; readonly items: readonly Template[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Template])[] };

export type Node = RootNode | TaskNode;
export type TaskNode = DoNode | TryNode | SetNode | SwitchNode | CallNode | ListenNode | EmitNode | WaitNode;

/** Tasks that follow one another. */
export interface TaskList {
  readonly tasks: readonly TaskNode[];
  readonly byName: ReadonlyMap<string, TaskNode>;
}

export interface RootNode {
  readonly kind: "root";
  readonly pointer: "";
  readonly name: string;
  readonly list: TaskList;
  readonly inputFrom: Template | undefined;
  readonly outputAs: Template | undefined;
  readonly timeout: Template | undefined;
}

export interface TaskBase {
  readonly pointer: string;
  readonly name: string;
  readonly definition: JsonObject;
  /** The list that it stands in, and its place there. */
  readonly list: TaskList;
  readonly at: number;
  readonly if: Evaluate | undefined;
  readonly inputFrom: Template | undefined;
  readonly outputAs: Template | undefined;
  readonly exportAs: Template | undefined;
  /** A duration. */
  readonly timeout: Template | undefined;
  /** `then`. */
  readonly next: string;
  /** Types, alone and with a subject, that this task, one within it, or one that can follow it in its list listens to. */
  readonly ahead: ReadonlySet<string>;
}

export interface DoNode extends TaskBase {
  readonly kind: "do";
  readonly tasks: TaskList;
}

export interface SetNode extends TaskBase {
  readonly kind: "set";
  readonly value: Template;
}

export interface SwitchNode extends TaskBase {
  readonly kind: "switch";
  /** In order; the default case is last. */
  readonly cases: readonly { readonly when: Evaluate | undefined; readonly next: string }[];
}

export interface CallNode extends TaskBase {
  readonly kind: "call";
  readonly method: string;
  readonly request: Template;
}

export interface ListenNode extends TaskBase {
  readonly kind: "listen";
  readonly mode: "one" | "any" | "all";
  readonly filters: readonly EventFilter[];
  readonly read: "data" | "envelope";
}

/** One `with` of a `listen`. */
export interface EventFilter {
  readonly type: string;
  /** Absent: the run's own events, or those of its subject; see `subjectOf`. */
  readonly subject: Template | undefined;
  readonly data: Evaluate | undefined;
}

export interface TriggerNode {
  readonly type: string;
  readonly data: Evaluate | undefined;
}

export interface EmitNode extends TaskBase {
  readonly kind: "emit";
  readonly type: string;
  readonly subject: Template | undefined;
  readonly data: Template;
}

export interface WaitNode extends TaskBase {
  readonly kind: "wait";
  readonly wait: Template;
}

export interface TryNode extends TaskBase {
  readonly kind: "try";
  readonly tasks: TaskList;
  readonly catch: Catch;
}

export interface Catch {
  /** The parts of an error that must be equal. */
  readonly errors: JsonObject;
  /** The variable that holds the error. */
  readonly as: string;
  readonly when: Evaluate | undefined;
  readonly exceptWhen: Evaluate | undefined;
  readonly retry: Retry | undefined;
  readonly tasks: TaskList | undefined;
}

export interface Retry {
  readonly when: Evaluate | undefined;
  readonly exceptWhen: Evaluate | undefined;
  readonly delay: Template | undefined;
  readonly backoff: "constant" | "linear" | "exponential";
  readonly attemptsMax: number;
  readonly attemptDuration: Template | undefined;
  readonly duration: Template | undefined;
  readonly jitter: { readonly from: Template; readonly to: Template } | undefined;
}

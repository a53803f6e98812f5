/** A workflow as it stands, or as it was at a version. */
export interface StoredWorkflow {
  readonly id: string;
  readonly version: number;
  readonly state: WorkflowState;
  readonly source: string;
  readonly triggerTypes: readonly string[];
  readonly calledMethods: readonly string[];
  readonly stages: readonly string[];
  readonly createMs: number;
  readonly updateMs: number;
}

export type WorkflowState = "ACTIVE" | "RETIRED";

/** Which facts a market's workflow is about: read once per batch of facts. */
export interface Ear {
  readonly id: string;
  readonly version: number;
  readonly state: WorkflowState;
  readonly triggerTypes: readonly string[];
  /** Of the current version. */
  readonly listenedTypes: readonly string[];
  /** Of all versions: runs keep theirs. */
  readonly heardTypes: readonly string[];
}

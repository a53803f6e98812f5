export { advanceRun, parseWorkflow, replayRun, startRun, triggeredInput } from "./engine.ts";
export { dataSizeMax, sourceBytesMax } from "./limits.ts";
export type {
  CallableMethod,
  Effect,
  Engine,
  HistoryEntry,
  Interest,
  Json,
  JsonObject,
  ParsedWorkflow,
  RunError,
  RunEvent,
  RunStart,
  RunState,
  RunStatus,
  Step,
  Trigger,
  TriggeredInput,
  Workflow,
  WorkflowEvent,
  WorkflowProblem,
} from "./model.ts";

export { type Call, currentCall, withCall } from "./call.ts";
export { anonymous, type Caller, callerKey, callerOf, holds, type Reach } from "./caller.ts";
export { idsOf } from "./name.ts";
export {
  decodePageToken,
  encodePageToken,
  type Page,
  type PageCursor,
  type PageRule,
  pageOf,
} from "./page.ts";
export {
  describe,
  type FieldViolation,
  infoOf,
  invalidField,
  type ProblemOptions,
  problem,
  reasonOf,
} from "./problem.ts";

export { type Call, currentCall, withCall } from "./call.ts";
export { anonymous, type Caller, callerKey, callerOf, holds, type Reach } from "./caller.ts";
export { codeName } from "./code-name.ts";
export { type FaultPlace, type Faults, faultsOf } from "./faults.ts";
export { type Resolve, resolveBySystem } from "./mesh/addresses.ts";
export { backoffMs, pause } from "./mesh/backoff.ts";
export { type Attach, type Channel, type ChannelOptions, channel } from "./mesh/channel.ts";
export { type IdentityTokensOptions, identityTokens } from "./mesh/identity-tokens.ts";
export { createMesh, type Mesh, type MeshOptions, targetOf } from "./mesh/mesh.ts";
export { type RetryBudget, retryBudget } from "./mesh/retry-budget.ts";
export {
  type ClientTls,
  type ClientTlsSource,
  contextOf,
  type TlsDialer,
  type TlsTarget,
  tlsDialer,
  tlsFailure,
} from "./mesh/tls.ts";
export { cachedTokens, type IssuedToken, type TokenSource } from "./mesh/token-source.ts";
export { clientTracer, tracedTransport } from "./mesh/traced-transport.ts";
export { errorsTotal } from "./metrics.ts";
export { idsOf } from "./name.ts";
export {
  decodePageToken,
  encodePageToken,
  idAfter,
  listById,
  listPage,
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
  notAccessible,
  type ProblemOptions,
  problem,
  reasonOf,
  staleEtag,
} from "./problem.ts";
export type { StreamListener } from "./server/direct.ts";
export type { NodeListener, NodeRequest, NodeResponse } from "./server/node-http.ts";
export {
  createRpcServer,
  defaultLimits,
  type RpcServer,
  type RpcServerOptions,
  type ServerLimits,
} from "./server/server.ts";
export { endUnread } from "./server/unread-body.ts";
export { type JwksOptions, jwksKeys, type KeySource } from "./token/key-source.ts";
export { loadJwks } from "./token/load-jwks.ts";

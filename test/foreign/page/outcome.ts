import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

/** Where a page calls to, and what it learned of the services: no generated code travels with it. */
export interface PageSettings {
  readonly url: string;
  readonly authorization: string;
  /** A google.protobuf.FileDescriptorSet in base64. */
  readonly descriptorSet: string;
}

export interface CallOptions {
  readonly timeoutMs?: number;
}

/** What a call came to, as JSON, so that a page can hand it to the test. */
export interface Outcome {
  readonly messages: readonly JsonValue[];
  readonly headers: Readonly<Record<string, string>>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    /** By type. */
    readonly details: Readonly<Record<string, JsonValue>>;
  };
}

/** Calls a method of a service by name. Never rejects. */
export type Call = (
  service: string,
  method: string,
  request: JsonObject,
  options: CallOptions,
) => Promise<Outcome>;

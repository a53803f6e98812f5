import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Tx } from "./database.ts";

/** A mutation that may arrive twice. */
export interface RememberedCall<I extends DescMessage, O extends DescMessage> {
  readonly market: string;
  readonly method: DescMethodUnary<I, O>;
  /** Chosen by the caller. Empty: nothing is remembered and the work runs. */
  readonly requestId: string;
  readonly request: MessageShape<I>;
}

/**
 * Runs the work once per (market, principal of the scope, method, request id) and remembers its answer for 24 hours,
 * in the same transaction. A repeat with the same body gets the first answer; with another body RequestIdReusedError
 * (INVALID_ARGUMENT, REQUEST_ID_REUSED). A concurrent repeat waits for the first to commit or roll back.
 */
export declare function onceByRequestId<I extends DescMessage, O extends DescMessage>(
  tx: Tx,
  call: RememberedCall<I, O>,
  work: () => Promise<MessageInitShape<O>>,
): Promise<MessageShape<O>>;

/** Forgets answers older than 24 hours, at most `rowsMax`; returns how many. Runs in the background role. */
export declare function purgeRememberedRequests(tx: Tx, rowsMax: number): Promise<number>;

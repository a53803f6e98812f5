import { ConnectError, type HandlerContext } from "@connectrpc/connect";
import { describeTransportError } from "./refusal.ts";

/**
 * The gate of what everybody may call (health, reflection): nothing is asked of the caller. What the transport refuses by
 * itself, such as bytes that do not parse, gets its reason as on every other method.
 */
export function openGate(domain: string, requestBytesMax: number): (context: HandlerContext) => void {
  return ({ signal }) => {
    // Every call ends by aborting its signal, with the error that it is answered with when there is one.
    const describe = () => {
      if (signal.reason instanceof ConnectError)
        describeTransportError(signal.reason, domain, requestBytesMax);
    };
    signal.addEventListener("abort", describe, { once: true });
  };
}

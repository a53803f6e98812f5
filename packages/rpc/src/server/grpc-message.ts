import type { UniversalServerResponse } from "@connectrpc/connect/protocol";

/**
 * An answer whose `grpc-message` is encoded as the gRPC specification has it: percent and what is not printable ASCII. The
 * transport encodes punctuation too, which clients that decode with `decodeURI`, grpc-js among them, show as `%3A`.
 */
export function withPlainMessage(answer: UniversalServerResponse): UniversalServerResponse {
  const { trailer } = answer;
  if (!trailer) return answer;
  return {
    ...answer,
    // Asked for after the body, since an error in it changes the trailer.
    get trailer() {
      const message = trailer.get("grpc-message");
      if (message?.includes("%")) trailer.set("grpc-message", encodeMessage(decodeURIComponent(message)));
      return trailer;
    },
  };
}

function encodeMessage(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]+/g, encodeURIComponent);
}

import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { TokenService } from "@marketmesh/contracts/identity/v1";
import type { KeyRing } from "../tokens/key-ring.ts";

export function listSigningKeys(keyRing: KeyRing): MethodImpl<typeof TokenService.method.listSigningKeys> {
  return () => ({
    signingKeys: keyRing.published().map((key) => ({
      keyId: key.id,
      algorithm: "EdDSA",
      publicKey: key.publicKey,
      publishTime: timestampFromDate(key.publishTime),
      signTime: timestampFromDate(key.signTime),
    })),
  });
}

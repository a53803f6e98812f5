import type { JsonWriteOptions } from "@bufbuild/protobuf";
import { registry } from "@marketmesh/contracts/registry";

/** How answers and facts look to workflows: every plain field is there, so that an expression need not ask whether it is. */
export const answerJson: Partial<JsonWriteOptions> & { registry: typeof registry } = {
  alwaysEmitImplicit: true,
  registry,
};

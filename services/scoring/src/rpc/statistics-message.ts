import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { formatName } from "@marketmesh/contracts";
import type { StatisticsSchema } from "@marketmesh/contracts/scoring/v1";
import type { StatisticsHead } from "../domain/statistics.ts";
import { patterns } from "./names.ts";

export function toStatisticsMessage(head: StatisticsHead): MessageInitShape<typeof StatisticsSchema> {
  const { market, id } = head;
  return {
    name: formatName(patterns.statistics, { market, statistics: id }),
    attributes: head.attributes.map(({ kind, attribute }) => ({
      kind: formatName(patterns.kind, { market, kind }),
      attribute,
    })),
    version: head.version,
    documentCount: BigInt(head.documentCount),
    termCount: BigInt(head.termCount),
    feedSeq: head.feedSeq,
    updateTime: timestampFromDate(head.updateTime),
  };
}

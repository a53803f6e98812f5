import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { DecisionService } from "@marketmesh/contracts/allocation/v1";
import { idsOf, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import { etagOf, isFresh } from "../rpc/etag.ts";
import type { Shell } from "../shell.ts";
import { type LogSettings, readSettings, saveSettings } from "./settings-store.ts";

const pattern = "markets/{market}/decisionLogSettings";
type Methods = Pick<
  ServiceImpl<typeof DecisionService>,
  "getDecisionLogSettings" | "updateDecisionLogSettings"
>;

export function settings(shell: Pick<Shell, "database">): Methods {
  return {
    getDecisionLogSettings: (request, context) => {
      const { market } = idsOf(pattern, request.name);
      return read(shell, context, market, async (tx) => ({
        settings: toMessage(market, await readSettings(tx, market)),
      }));
    },

    updateDecisionLogSettings: (request, context) => {
      const { name, keptDays } = request.settings!;
      const { market } = idsOf(pattern, name, "settings.name");
      const mutation = { method: DecisionService.method.updateDecisionLogSettings, market, request };
      return mutate(shell, context, mutation, async (tx) => {
        const before = await readSettings(tx, market);
        if (!isFresh(request.etag, before.version)) throw staleEtag(name);
        if (before.keptDays === keptDays) return { settings: toMessage(market, before) };
        const after = await saveSettings(tx, market, keptDays, before.version);
        if (!after) throw staleEtag(name);
        return { settings: toMessage(market, after) };
      });
    },
  };
}

function toMessage(market: string, { keptDays, version, updateTime }: LogSettings) {
  return {
    name: `markets/${market}/decisionLogSettings`,
    keptDays,
    etag: etagOf(version),
    ...(updateTime && { updateTime: timestampFromDate(updateTime) }),
  };
}

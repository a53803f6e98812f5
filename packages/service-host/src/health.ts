import { Code, type ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import {
  type Health,
  HealthCheckResponse_ServingStatus as Status,
} from "@marketmesh/contracts/grpc/health/v1";
import { pause, problem } from "@marketmesh/rpc";
import type { Readiness } from "./readiness.ts";

const watchMs = 1_000;

/** Healthy as long as the process answers: also while it can't serve yet, or is about to stop. */
const liveness = "liveness";
/** Another name of the server as a whole. */
const readiness = "readiness";

/** grpc.health.v1: the server as a whole (`readiness` or an empty name) and each of its services share one status. */
export function healthService(
  domain: string,
  state: Readiness,
  served: () => readonly string[],
): ServiceImpl<typeof Health> {
  const statusOf = (service: string): Status => {
    if (service === liveness) return Status.SERVING;
    const known = service === "" || service === readiness || served().includes(service);
    if (!known) return Status.SERVICE_UNKNOWN;
    return state.failing().length === 0 ? Status.SERVING : Status.NOT_SERVING;
  };
  return {
    check({ service }) {
      const status = statusOf(service);
      if (status === Status.SERVICE_UNKNOWN) throw unknown(domain, service);
      return { status };
    },
    async *watch({ service }, context: HandlerContext) {
      let told: Status | undefined;
      while (!context.signal.aborted) {
        const status = statusOf(service);
        if (status !== told) yield { status };
        told = status;
        await pause(watchMs, context.signal);
      }
    },
  };
}

function unknown(domain: string, service: string): ConnectError {
  const shown = service.slice(0, 120);
  return problem(Code.NotFound, "SERVICE_UNKNOWN", "no such service is served here", {
    domain,
    metadata: { service: shown },
  });
}

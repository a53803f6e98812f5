import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type StreamResponse, type Transport } from "@connectrpc/connect";
import type { Histogram, Metrics } from "@marketmesh/telemetry";
import { codeName } from "../code-name.ts";
import { clientDuration } from "../metrics.ts";

/** Tells how long calls took and how they ended. A stream ends with its last message. */
export function measuredTransport(transport: Transport, metrics: Metrics): Transport {
  const seriesOf = seriesByMethod(metrics);
  const begin = (method: DescMethod) => {
    const startMs = performance.now();
    return (code: Code | undefined) => seriesOf(method, code).observe((performance.now() - startMs) / 1_000);
  };
  return {
    async unary(method, ...rest) {
      const end = begin(method);
      try {
        const answer = await transport.unary(method, ...rest);
        end(undefined);
        return answer;
      } catch (cause) {
        end(codeOf(cause));
        throw cause;
      }
    },
    async stream(method, ...rest) {
      const end = begin(method);
      try {
        const response = await transport.stream(method, ...rest);
        return { ...response, message: ending(response.message, end) } as typeof response;
      } catch (cause) {
        end(codeOf(cause));
        throw cause;
      }
    },
  };
}

function seriesByMethod(metrics: Metrics) {
  const seconds = metrics.histogram(clientDuration);
  const known = new Map<DescMethod, Map<Code | undefined, ReturnType<Histogram["series"]>>>();
  return (method: DescMethod, code: Code | undefined) => {
    const byCode = known.get(method) ?? new Map();
    known.set(method, byCode);
    const name = `${method.parent.typeName}/${method.name}`;
    const series = byCode.get(code) ?? seconds.series({ method: name, code: codeName(code) });
    byCode.set(code, series);
    return series;
  };
}

async function* ending(
  messages: StreamResponse["message"],
  end: (code: Code | undefined) => void,
): AsyncIterable<never> {
  let code: Code | undefined;
  try {
    yield* messages as AsyncIterable<never>;
  } catch (cause) {
    code = codeOf(cause);
    throw cause;
  } finally {
    end(code);
  }
}

function codeOf(cause: unknown): Code {
  return cause instanceof ConnectError ? cause.code : Code.Unknown;
}

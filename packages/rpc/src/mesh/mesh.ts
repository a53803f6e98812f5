import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import type { Telemetry } from "@marketmesh/telemetry";
import { type Call, currentCall } from "../call.ts";
import { callerHeader } from "../server/authentication.ts";
import type { Resolve } from "./addresses.ts";
import { type Channel, channel } from "./channel.ts";
import { type PlainHeaders, plainHeaders } from "./headers.ts";
import { measuredTransport } from "./measured-transport.ts";
import type { ClientTlsSource } from "./tls.ts";
import type { TokenSource } from "./token-source.ts";
import { tracedTransport } from "./traced-transport.ts";

export interface MeshOptions {
  readonly telemetry: Telemetry;
  readonly tokens: TokenSource;
  /** The URL of a target, or several separated by commas. Throws when it is not configured. */
  readonly urlOf: (target: string) => string;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly resolve?: Resolve;
  /** What https targets are called with. */
  readonly tls?: ClientTlsSource;
}

/** The other services, as this one calls them. */
export interface Mesh {
  /**
   * A client of a service. Calls made while a call is served carry its deadline, request id, trace and end caller, and end
   * with it.
   */
  client<S extends DescService>(service: S, target?: string): Client<S>;
  close(): void;
}

export function createMesh(options: MeshOptions): Mesh {
  const channels = new Map<string, Channel>();
  const channelOf = (target: string) => {
    const known = channels.get(target);
    if (known) return known;
    const made = channel({
      ...options,
      target: options.urlOf(target),
      attach: async (header) => header.set("authorization", `Bearer ${await options.tokens.token(target)}`),
    });
    channels.set(target, made);
    return made;
  };
  const traced = (transport: Transport) => tracedTransport(transport, options.telemetry.tracer);
  return {
    client(service, target = targetOf(service)) {
      return createClient(
        service,
        travelling(measuredTransport(traced(channelOf(target)), options.telemetry.metrics), options),
      );
    },
    close() {
      for (const each of channels.values()) each.close();
      channels.clear();
    },
  };
}

/** `marketmesh.catalog.v1.CatalogService` is served by `catalog`. */
export function targetOf(service: DescService): string {
  const [root, name] = service.typeName.split(".");
  if (root !== "marketmesh" || name === undefined)
    throw new Error(`${service.typeName} is no service of the mesh`);
  return name;
}

function travelling(transport: Transport, options: MeshOptions): Transport {
  return {
    unary(method, signal, timeoutMs, header, input, contextValues) {
      const call = currentCall();
      return transport.unary(
        method,
        joined(signal, call),
        shorter(timeoutMs, call, options.nowMs()),
        outgoing(header, call),
        input,
        contextValues,
      );
    },
    stream(method, signal, timeoutMs, header, input, contextValues) {
      const call = currentCall();
      const headers = outgoing(header, call);
      return transport.stream(
        method,
        joined(signal, call),
        shorter(timeoutMs, call, options.nowMs()),
        headers,
        input,
        contextValues,
      );
    },
  };
}

function outgoing(header: ConstructorParameters<typeof Headers>[0], call: Call | undefined): PlainHeaders {
  const headers = plainHeaders(header);
  if (call) {
    headers["x-request-id"] = call.requestId;
    if (call.callerToken !== "") headers[callerHeader] = call.callerToken;
  }
  return headers;
}

function shorter(timeoutMs: number | undefined, call: Call | undefined, nowMs: number): number | undefined {
  if (!call) return timeoutMs;
  return Math.max(1, Math.min(timeoutMs ?? Number.MAX_SAFE_INTEGER, call.deadlineMs - nowMs));
}

function joined(signal: AbortSignal | undefined, call: Call | undefined): AbortSignal | undefined {
  if (!call) return signal;
  return signal && signal !== call.signal ? AbortSignal.any([signal, call.signal]) : call.signal;
}

import { once } from "node:events";
import { type HeapProfiler, type Profiler, Session } from "node:inspector/promises";
import type { NodeRequest, NodeResponse } from "@marketmesh/rpc";
import { pause } from "@marketmesh/rpc";
import type { HttpHandler } from "./host.ts";

const secondsDefault = 10;
const secondsMax = 60;
/** One sample each 512 KiB: V8's default, cheap enough for production. */
const heapSampleBytes = 512 * 1024;

type Profile = Profiler.Profile | HeapProfiler.SamplingHeapProfile;

/**
 * What the metrics port serves where PROFILING is true: `/debug/profile?seconds=10`, where time goes (.cpuprofile), and
 * `/debug/heap?seconds=10`, what is allocated meanwhile and not freed again (.heapprofile). One at a time, others get 409;
 * none takes longer than a minute, and one whose client left ends with it.
 */
export function profilingRoutes(): ReadonlyMap<string, HttpHandler> {
  let busy = false;
  const route = (
    extension: string,
    record: (session: Session, ms: number, signal: AbortSignal) => Promise<Profile>,
  ) => {
    return async (request: NodeRequest, response: NodeResponse) => {
      const seconds = secondsOf(request.url ?? "");
      if (seconds === undefined) return refuse(response, 400, `seconds is 1 to ${secondsMax}`);
      if (busy) return refuse(response, 409, "a profile is being made");
      busy = true;
      const left = new AbortController();
      response.once("close", () => left.abort());
      const session = new Session();
      session.connect();
      try {
        const profile = await record(session, seconds * 1_000, left.signal);
        if (left.signal.aborted) return;
        const headers = {
          "content-type": "application/json",
          "content-disposition": `attachment; filename="marketmesh.${extension}"`,
        };
        response.writeHead(200, headers);
        if (response.write(JSON.stringify(profile)) === false)
          await once(response as never, "drain", left).catch((cause: unknown) => {
            // Who leaves before its end has asked for no fault.
            if (!left.signal.aborted) throw cause;
          });
        response.end();
      } finally {
        session.disconnect();
        busy = false;
      }
    };
  };
  return new Map<string, HttpHandler>([
    ["/debug/profile", route("cpuprofile", recordCpu)],
    ["/debug/heap", route("heapprofile", recordHeap)],
  ]);
}

async function recordCpu(session: Session, ms: number, signal: AbortSignal): Promise<Profile> {
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  await pause(ms, signal).catch(() => {});
  const { profile } = await session.post("Profiler.stop");
  await session.post("Profiler.disable");
  return profile;
}

async function recordHeap(session: Session, ms: number, signal: AbortSignal): Promise<Profile> {
  await session.post("HeapProfiler.enable");
  await session.post("HeapProfiler.startSampling", { samplingInterval: heapSampleBytes });
  await pause(ms, signal).catch(() => {});
  const { profile } = await session.post("HeapProfiler.stopSampling");
  await session.post("HeapProfiler.disable");
  return profile;
}

function secondsOf(url: string): number | undefined {
  const text = new URL(url, "http://localhost").searchParams.get("seconds") ?? String(secondsDefault);
  const seconds = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  return seconds >= 1 && seconds <= secondsMax ? seconds : undefined;
}

function refuse(response: NodeResponse, status: number, why: string): void {
  response.writeHead(status, { "content-type": "text/plain" });
  response.end(`${why}\n`);
}

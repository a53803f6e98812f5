import type { ClientTlsSource } from "@marketmesh/rpc";
import type { Logger, Metrics } from "@marketmesh/telemetry";
import { readConfig } from "./config.ts";
import type { Env } from "./host.ts";
import * as defined from "./metrics.ts";
import {
  checkTlsTexts,
  clientTlsOf,
  readTlsTexts,
  serverOptionsOf,
  type TlsMaterial,
  type TlsPaths,
  type TlsTexts,
} from "./tls-material.ts";
import type { PortTls, RefusedHandshake } from "./tls-port.ts";
import { tlsSettings } from "./tls-settings.ts";

/** A process's own TLS, as its files are now. */
export interface TlsFiles extends Disposable {
  /** For the RPC port; undefined when it speaks plain HTTP. */
  readonly port: PortTls | undefined;
  /** For calls to https URLs. */
  readonly client: ClientTlsSource;
  /** Tells of expiry and failures. */
  measure(metrics: Metrics): void;
}

const quietMs = 60_000;

/**
 * Reads the files that TLS_* name, and again every TLS_RELOAD_MS, whole: a secret's folder in Kubernetes is exchanged by a
 * symbolic link, which no watcher of a file sees. Broken new files leave the old ones in use. Throws a ConfigError when the
 * first ones do not fit.
 */
export function openTlsFiles(env: Env, log: Logger): TlsFiles {
  const { reloadMs, ...paths } = readConfig(tlsSettings, env);
  let material = checkTlsTexts(readTlsTexts(paths), paths);
  let client = clientTlsOf(material.texts);
  let reloadFailures = 0;
  const listeners = new Set<() => void>();
  const refused = refusals(log);
  const used = Object.values(paths).some((path) => path !== undefined);
  tellOfExpiry(material, log);

  const look = changesOf(paths, material.texts, (texts) => {
    material = checkTlsTexts(texts, paths);
    client = clientTlsOf(material.texts);
    for (const tell of listeners) tell();
    log.info("certificates were read again", { ends: material.expiry.map(shown) });
    tellOfExpiry(material, log);
  });
  const count = () => {
    reloadFailures += 1;
  };
  const timer = used ? setInterval(watched(look, log, count), reloadMs).unref() : undefined;
  const port: PortTls = {
    requireClientCertificate: paths.clientCaFile !== undefined,
    options: () => serverOptionsOf(material.texts),
    onChange: (tell) => void listeners.add(tell),
    onRefused: refused.add,
  };
  return {
    client: () => client,
    port: paths.certFile === undefined ? undefined : port,
    measure(metrics) {
      if (!used) return;
      metrics.gauge(defined.certificateExpiry, { read: () => material.expiry.map(expiryReading) });
      metrics.counter(defined.certificateReloadFailures, { read: () => reloadFailures });
      metrics.counter(defined.handshakeFailures, { read: refused.readings });
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** Looks whether the files have changed since it last looked, and takes what is new. A broken set is told once. */
function changesOf(paths: TlsPaths, first: TlsTexts, take: (texts: TlsTexts) => void): () => void {
  let seen = JSON.stringify(first);
  return () => {
    const texts = readTlsTexts(paths);
    const now = JSON.stringify(texts);
    if (now === seen) return;
    seen = now;
    take(texts);
  };
}

function watched(look: () => void, log: Logger, count: () => void): () => void {
  let told = "";
  return () => {
    try {
      look();
      told = "";
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      if (problem === told) return;
      told = problem;
      count();
      log.error("new certificates are refused, the old ones stay in use", { problem });
    }
  };
}

/** Counts refused handshakes, and logs the first of each minute and reason: anybody can cause them. */
function refusals(log: Logger) {
  const counts = new Map<RefusedHandshake, number>();
  const quietUntilMs = new Map<RefusedHandshake, number>();
  return {
    add(reason: RefusedHandshake) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
      const nowMs = performance.now();
      if (nowMs < (quietUntilMs.get(reason) ?? 0)) return;
      quietUntilMs.set(reason, nowMs + quietMs);
      log.warn("a connection was refused in its TLS handshake", { reason });
    },
    readings: () => [...counts].map(([reason, value]) => ({ labels: { reason }, value })),
  };
}

function tellOfExpiry(material: TlsMaterial, log: Logger): void {
  const over = material.expiry.filter(({ atMs }) => atMs <= Date.now());
  if (over.length > 0) log.warn("a certificate has expired", { ended: over.map(shown) });
}

function shown({ file, atMs }: TlsMaterial["expiry"][number]): string {
  return `${file} ${new Date(atMs).toISOString()}`;
}

function expiryReading({ file, atMs }: TlsMaterial["expiry"][number]) {
  return { labels: { file }, value: atMs / 1_000 };
}

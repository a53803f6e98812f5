import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { type ClientTls, contextOf } from "@marketmesh/rpc";
import { ConfigError } from "./config.ts";
import { tlsSettings } from "./tls-settings.ts";

/** Which files make up a service's TLS. */
export interface TlsPaths {
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly clientCaFile: string | undefined;
  readonly caFile: string | undefined;
}

/** Their texts at one moment. */
export type TlsTexts = { readonly [Key in keyof TlsPaths]: string | undefined };

/** What the files hold, checked: PEM texts that fit each other. */
export interface TlsMaterial {
  readonly texts: TlsTexts;
  /** When the first certificate of each file ends, in milliseconds since the epoch. */
  readonly expiry: readonly { readonly file: "certificate" | "client_ca" | "ca"; readonly atMs: number }[];
}

/** Reads the files. Throws a ConfigError that names the key of one that can't be read. */
export function readTlsTexts(paths: TlsPaths): TlsTexts {
  return {
    certFile: readText("certFile", paths),
    keyFile: readText("keyFile", paths),
    clientCaFile: readText("clientCaFile", paths),
    caFile: readText("caFile", paths),
  };
}

/** What the RPC port's TLS is made of. */
export function serverOptionsOf(texts: TlsTexts): SecureContextOptions {
  return {
    minVersion: "TLSv1.2",
    ...(texts.certFile !== undefined && { cert: texts.certFile }),
    ...(texts.keyFile !== undefined && { key: texts.keyFile }),
    ...(texts.clientCaFile !== undefined && { ca: texts.clientCaFile }),
  };
}

/** What TLS of our own calls is made of. */
export function clientTlsOf(texts: TlsTexts): ClientTls {
  return { ca: texts.caFile, cert: texts.certFile, key: texts.keyFile };
}

/**
 * Checks what was read, at last by making of it what it is for. Throws a ConfigError that names key and file; what it says never
 * quotes a file.
 */
export function checkTlsTexts(texts: TlsTexts, paths: TlsPaths): TlsMaterial {
  if ((texts.certFile === undefined) !== (texts.keyFile === undefined))
    throw new ConfigError("TLS_CERT_FILE and TLS_KEY_FILE are set together or not at all");
  if (texts.clientCaFile !== undefined && texts.certFile === undefined)
    throw new ConfigError(
      "TLS_CLIENT_CA_FILE needs TLS_CERT_FILE: without TLS no client shows a certificate",
    );
  const own = certificatesOf("certFile", texts, paths);
  const clientCa = certificatesOf("clientCaFile", texts, paths);
  const ca = certificatesOf("caFile", texts, paths);
  const leaf = own[0];
  if (leaf && !leaf.checkPrivateKey(keyOf(texts, paths)))
    throw new ConfigError(
      `TLS_KEY_FILE=${paths.keyFile}: is not the key of the certificate in TLS_CERT_FILE`,
    );
  assertTaken(texts, paths);
  return {
    texts,
    expiry: [...expiryOf("certificate", own), ...expiryOf("client_ca", clientCa), ...expiryOf("ca", ca)],
  };
}

/** OpenSSL refuses more than is parsed above: keys that are too small, digests that are too weak, chains that are cut short. */
function assertTaken(texts: TlsTexts, paths: TlsPaths): void {
  try {
    createSecureContext(serverOptionsOf(texts));
    contextOf(clientTlsOf(texts));
  } catch (cause) {
    const named = Object.entries(paths).filter(([, path]) => path !== undefined);
    const files = named.map(([key, path]) => `${tlsSettings[key as keyof TlsPaths].env}=${path}`).join(", ");
    throw new ConfigError(`${files}: refused by OpenSSL (${codeOf(cause)})`);
  }
}

function readText(key: keyof TlsPaths, paths: TlsPaths): string | undefined {
  const path = paths[key];
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigError(`${named(key, paths)}: can't be read (${codeOf(cause)})`);
  }
}

const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function certificatesOf(key: keyof TlsPaths, texts: TlsTexts, paths: TlsPaths): readonly X509Certificate[] {
  const text = texts[key];
  if (text === undefined) return [];
  const found = text.match(certificatePattern) ?? [];
  if (found.length === 0) throw new ConfigError(`${named(key, paths)}: holds no certificate in PEM`);
  try {
    return found.map((pem) => new X509Certificate(pem));
  } catch {
    throw new ConfigError(`${named(key, paths)}: holds a certificate that can't be parsed`);
  }
}

function keyOf(texts: TlsTexts, paths: TlsPaths): KeyObject {
  try {
    return createPrivateKey(texts.keyFile ?? "");
  } catch (cause) {
    throw new ConfigError(
      `${named("keyFile", paths)}: holds no private key in PEM without a passphrase (${codeOf(cause)})`,
    );
  }
}

function expiryOf(file: TlsMaterial["expiry"][number]["file"], certificates: readonly X509Certificate[]) {
  if (certificates.length === 0) return [];
  return [{ file, atMs: Math.min(...certificates.map(({ validTo }) => Date.parse(validTo))) }];
}

function named(key: keyof TlsPaths, paths: TlsPaths): string {
  return `${tlsSettings[key].env}=${paths[key]}`;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "unreadable";
}

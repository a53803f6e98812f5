import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestCertificate } from "@marketmesh/testkit";

/** A mounted secret as Kubernetes keeps it: files that are links into `..data`, itself a link that is exchanged whole. */
export interface CertificateFolder extends Disposable {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  /** Exchanges all three at once. */
  swap(certificate: TestCertificate, ca: string): void;
}

export function certificateFolder(certificate: TestCertificate, ca: string): CertificateFolder {
  const folder = mkdtempSync(join(tmpdir(), "marketmesh-transport-"));
  const names = ["tls.crt", "tls.key", "ca.crt"] as const;
  let versions = 0;
  const swap = ({ cert, key }: TestCertificate, authority: string) => {
    versions += 1;
    const version = `..version-${versions}`;
    mkdirSync(join(folder, version));
    for (const [at, text] of [cert, key, authority].entries())
      writeFileSync(join(folder, version, names[at] ?? ""), text);
    symlinkSync(version, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  swap(certificate, ca);
  const [certFile, keyFile, caFile] = names.map((name) => {
    symlinkSync(join("..data", name), join(folder, name));
    return join(folder, name);
  }) as [string, string, string];
  return { certFile, keyFile, caFile, swap, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

/** The environment of a service that speaks TLS by the folder's files and asks others for certificates of its authority. */
export function mutualTlsEnv({ certFile, keyFile, caFile }: CertificateFolder) {
  return {
    TLS_CERT_FILE: certFile,
    TLS_KEY_FILE: keyFile,
    TLS_CLIENT_CA_FILE: caFile,
    TLS_CA_FILE: caFile,
    TLS_RELOAD_MS: "20",
  };
}

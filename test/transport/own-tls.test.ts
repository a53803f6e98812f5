import { createConnection } from "node:net";
import { connect as connectTls } from "node:tls";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@marketmesh/contracts/grpc/health/v1";
import type { ClientTls } from "@marketmesh/rpc";
import type { RunningService } from "@marketmesh/service-host";
import { createTestAuthority } from "@marketmesh/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { healthcheck } from "../../packages/service-host/src/healthcheck.ts";
import { type CertificateFolder, certificateFolder, mutualTlsEnv } from "./certificate-folder.ts";
import { echoOver, meshClient, startEcho } from "./echo-service.ts";

const authority = createTestAuthority();
const stranger = createTestAuthority("somebody else's authority");
const caller = authority.issue({ names: ["caller.mesh"] });
const trusting: ClientTls = { ca: authority.ca, ...caller };

let folder: CertificateFolder;
let service: RunningService;
const logged: { readonly msg: string; readonly reason?: string }[] = [];
beforeAll(async () => {
  folder = certificateFolder(
    authority.issue({ names: ["testing.mesh", "localhost", "127.0.0.1"] }),
    authority.ca,
  );
  service = await startEcho(mutualTlsEnv(folder), (line) => void logged.push(JSON.parse(line)));
});
afterAll(async () => {
  await service?.close();
  folder?.[Symbol.dispose]();
});

/** The service under another name of the host, which the test's resolver leads to loopback. */
const urlAs = (hostname: string) => service.url.replace("127.0.0.1", hostname);
async function failureOf(target: string, tls: ClientTls): Promise<ConnectError> {
  using client = meshClient(target, tls);
  return ConnectError.from(await client.echo.echoPublic({ text: "x" }).catch((cause: unknown) => cause));
}
const metricsOf = async (name: string) =>
  (await (await fetch(`${service.metricsUrl}/metrics`)).text())
    .split("\n")
    .filter((line) => line.startsWith(`marketmesh_${name}`));

describe("a port with TLS of its own", () => {
  const nodeOptions = { ca: authority.ca, ...caller };
  const options = () => ({ baseUrl: service.url, httpVersion: "2" as const, nodeOptions });
  test.each<[string, () => Transport]>([
    ["Connect over HTTP/2", () => createConnectTransport({ ...options(), httpVersion: "2" })],
    ["Connect over HTTP/1.1", () => createConnectTransport({ ...options(), httpVersion: "1.1" })],
    ["gRPC", () => createGrpcTransport({ ...options() })],
    ["gRPC-Web", () => createGrpcWebTransport({ ...options(), httpVersion: "1.1" })],
  ])("serves %s", async (_, transport) => {
    expect(await echoOver(transport(), "over TLS")).toBe("over TLS");
  });

  test("answers health checks", async () => {
    const health = createClient(Health, createGrpcTransport(options()));
    expect(await health.check({ service: "" })).toMatchObject({ status: Status.SERVING });
  });

  test("answers the health check of its own machine, whatever name its certificate bears", async () => {
    const said: string[] = [];
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
    await healthcheck({ ...mutualTlsEnv(folder), PORT: new URL(service.url).port });
    write.mockRestore();
    expect(said).toEqual(["SERVING\n"]);
    process.exitCode = 0;
  });

  test("is told by https in its URL, and leaves the metrics port plain", async () => {
    expect(service.url).toMatch(/^https:/);
    expect(service.metricsUrl).toMatch(/^http:/);
    const [expiry] = await metricsOf('tls_certificate_expiry_timestamp_seconds{file="certificate"}');
    const inADay = Date.now() / 1_000 + 86_400;
    expect(Math.abs(Number(expiry?.split(" ")[1]) - inADay)).toBeLessThan(3_600);
  });

  test("prefers TLS 1.3, takes 1.2 and refuses 1.1", async () => {
    const version = (maxVersion: "TLSv1.3" | "TLSv1.2" | "TLSv1.1") =>
      new Promise<string | null>((resolve, reject) => {
        const ciphers = { minVersion: "TLSv1" as const, ciphers: "ALL:@SECLEVEL=0" };
        const { port } = new URL(service.url);
        const old = maxVersion === "TLSv1.1" ? ciphers : {};
        const socket = connectTls({ port: Number(port), ...nodeOptions, maxVersion, ...old }, () => {
          resolve(socket.getProtocol());
          socket.destroy();
        });
        socket.once("error", reject);
      });
    expect(await version("TLSv1.3")).toBe("TLSv1.3");
    expect(await version("TLSv1.2")).toBe("TLSv1.2");
    await expect(version("TLSv1.1")).rejects.toThrow(/version|alert/i);
  });

  test("refuses plain HTTP", async () => {
    const { port } = new URL(service.url);
    const answer = await new Promise<string>((resolve) => {
      const socket = createConnection({ port: Number(port) });
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
      });
      socket.on("error", () => {}).on("close", () => resolve(text));
      socket.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
    });
    expect(answer).not.toContain("HTTP/1.1 200");
    expect(await metricsOf('tls_handshake_failures_total{reason="plaintext"}')).toHaveLength(1);
    expect(logged.some(({ reason }) => reason === "plaintext")).toBe(true);
    expect(await failureOf(service.url.replace("https", "http"), {})).toMatchObject({
      code: Code.Unavailable,
      rawMessage: expect.stringContaining("may speak TLS alone"),
    });
  });
});

describe("refused in the handshake, as UNAVAILABLE with the reason", () => {
  const refused = "the server refuses this client's certificate";
  const ended = new Date(Date.now() - 60_000);
  test.each<[string, () => string, ClientTls, string, string?]>([
    ["a client without a certificate", () => service.url, { ca: authority.ca }, refused, "no_certificate"],
    [
      "a client's certificate of another authority",
      () => service.url,
      { ca: authority.ca, ...stranger.issue() },
      "it may refuse this client's certificate",
      "untrusted_certificate",
    ],
    [
      "a client's certificate that has expired",
      () => service.url,
      { ca: authority.ca, ...authority.issue({ expiresAt: ended }) },
      "it may refuse this client's certificate",
      "expired_certificate",
    ],
    [
      "a server of an authority that is not trusted",
      () => service.url,
      { ...trusting, ca: stranger.ca },
      "the server's certificate is refused",
    ],
    [
      "a server under a name that its certificate does not bear",
      () => urlAs("catalog.mesh"),
      trusting,
      "catalog.mesh. is not in the cert's altnames",
    ],
  ])("%s", async (_, target, tls, words, reason) => {
    const failure = await failureOf(target(), tls);
    expect(failure).toMatchObject({ code: Code.Unavailable, rawMessage: expect.stringContaining(words) });
    if (reason === undefined) return;
    await expect
      .poll(() => metricsOf(`tls_handshake_failures_total{reason="${reason}"}`), { timeout: 240_000 })
      .toHaveLength(1);
  });

  test("a server whose certificate has expired", async () => {
    using old = certificateFolder(authority.issue({ expiresAt: ended }), authority.ca);
    const lines: string[] = [];
    await using expired = await startEcho(mutualTlsEnv(old), (line) => void lines.push(line));
    expect(await failureOf(expired.url, trusting)).toMatchObject({
      code: Code.Unavailable,
      rawMessage: "the server's certificate is refused: certificate has expired",
    });
    expect(lines.join("")).toContain("a certificate has expired");
  });

  test("nothing, where the name is one of the certificate's and the address is not", async () => {
    using client = meshClient(urlAs("testing.mesh"), trusting);
    expect(await client.echo.echoPublic({ text: "by name" })).toMatchObject({ text: "by name" });
  });
});

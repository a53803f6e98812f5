import { writeFileSync } from "node:fs";
import type { ClientTls } from "@marketmesh/rpc";
import { createTestAuthority } from "@marketmesh/testkit";
import { expect, test } from "vitest";
import { certificateFolder, mutualTlsEnv } from "./certificate-folder.ts";
import { meshClient, startEcho } from "./echo-service.ts";

const names = ["localhost", "127.0.0.1"];
const patient = { timeout: 240_000 };

test("certificates and authorities change under steady calls, and no call fails", async () => {
  const [old, next] = [createTestAuthority("old"), createTestAuthority("next")];
  using folder = certificateFolder(old.issue({ names }), old.ca);
  const logged: string[] = [];
  await using service = await startEcho(
    { ...mutualTlsEnv(folder), LOG_LEVEL: "info" },
    (line) => void logged.push(line),
  );
  const rotations = () => logged.filter((line) => line.includes("certificates were read again")).length;
  let tls: ClientTls = { ca: old.ca, ...old.issue() };
  using steady = meshClient(service.url, () => tls);
  let rotating = true;
  let calls = 0;
  const failures: unknown[] = [];
  const call = async () => {
    while (rotating) {
      // Each with connections of its own besides the one that stays: every handshake in between must be good too.
      using fresh = meshClient(service.url, () => tls);
      const answers = [steady, fresh].map(({ echo }) => echo.echoPublic({ text: "x" }));
      for (const answer of await Promise.allSettled(answers)) {
        calls += 1;
        if (answer.status === "rejected") failures.push(answer.reason);
      }
    }
  };
  const callers = [call(), call()];
  // An authority is exchanged in three steps: trust both, change the certificates, forget the old one.
  const both = `${old.ca}${next.ca}`;
  const nextCaller: ClientTls = { ca: both, ...next.issue() };
  const steps: (() => void)[] = [
    () => folder.swap(old.issue({ names }), both),
    () => folder.swap(next.issue({ names }), both),
    () => folder.swap(next.issue({ names }), next.ca),
  ];
  const clientSteps: ClientTls[] = [{ ...tls, ca: both }, nextCaller, { ...nextCaller, ca: next.ca }];
  for (const [at, step] of steps.entries()) {
    tls = { ...(at < 2 ? tls : (clientSteps[1] as ClientTls)), ca: both };
    step();
    await expect.poll(rotations, patient).toBe(at + 1);
    tls = clientSteps[at] as ClientTls;
    const seen = calls;
    await expect.poll(() => calls, patient).toBeGreaterThan(seen + 10);
  }
  rotating = false;
  await Promise.all(callers);
  expect(failures).toEqual([]);
  using outdated = meshClient(service.url, { ca: both, ...old.issue() });
  await expect(outdated.echo.echoPublic({})).rejects.toThrow("may refuse this client's certificate");
});

test("broken new files leave the old ones in use, with an error and a metric", async () => {
  const authority = createTestAuthority();
  using folder = certificateFolder(authority.issue(), authority.ca);
  const logged: string[] = [];
  await using service = await startEcho(mutualTlsEnv(folder), (line) => void logged.push(line));
  const trusting = { ca: authority.ca, ...authority.issue() };
  const metric = async () => {
    const text = await (await fetch(`${service.metricsUrl}/metrics`)).text();
    return text.match(/^marketmesh_tls_certificate_reload_failures_total (\d+)/m)?.[1];
  };
  const works = async () => {
    using client = meshClient(service.url, trusting);
    return (await client.echo.echoPublic({ text: "still here" })).text;
  };
  expect(await metric()).toBe("0");
  folder.swap({ ...authority.issue(), key: authority.issue().key }, authority.ca);
  await expect.poll(metric, patient).toBe("1");
  expect(logged.join("")).toContain("is not the key of the certificate in TLS_CERT_FILE");
  expect(await works()).toBe("still here");
  writeFileSync(folder.certFile, "nonsense");
  await expect.poll(metric, patient).toBe("2");
  expect(logged.join("")).toContain("holds no certificate in PEM");
  expect(logged.join("")).not.toContain("PRIVATE KEY");
  expect(await works()).toBe("still here");
});

test.each([
  ["TLS_CERT_FILE=/nowhere/tls.crt: can't be read (ENOENT)", { TLS_CERT_FILE: "/nowhere/tls.crt" }],
  ["set together", { TLS_CERT_FILE: "" }],
  ["TLS_KEY_FILE=.*: holds no private key", { TLS_KEY_FILE: import.meta.filename }],
  ["TLS_CLIENT_CA_FILE=.*: holds no certificate", { TLS_CLIENT_CA_FILE: import.meta.filename }],
  ["TLS_CLIENT_CA_FILE needs TLS_CERT_FILE", { TLS_CERT_FILE: "", TLS_KEY_FILE: "" }],
])("a service does not start with files that do not fit: %s", async (words, env) => {
  const authority = createTestAuthority();
  using folder = certificateFolder(authority.issue(), authority.ca);
  const starting = startEcho({ ...mutualTlsEnv(folder), ...env });
  await expect(starting).rejects.toThrow(new RegExp(words.replace(/[()]/g, "\\$&")));
});

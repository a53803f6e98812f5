import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import { ErrorInfoSchema, StatusSchema } from "@marketmesh/contracts/google/rpc";
import { Health } from "@marketmesh/contracts/grpc/health/v1";
import { ServerReflection, type ServerReflectionResponse } from "@marketmesh/contracts/grpc/reflection/v1";
import { ServerReflection as ServerReflectionAlpha } from "@marketmesh/contracts/grpc/reflection/v1alpha";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { startTestIssuer, type TestIssuer } from "@marketmesh/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningService, start } from "../src/index.ts";
import { bindEcho } from "./echo.ts";

let issuer: TestIssuer;
let service: RunningService;
let client: grpc.Client;
const metadata = new grpc.Metadata();

beforeAll(async () => {
  issuer = await startTestIssuer();
  service = await start("testing", bindEcho(), { MESH_IDENTITY_URL: issuer.url });
  client = new grpc.Client(new URL(service.url).host, grpc.credentials.createInsecure());
  metadata.set("authorization", `Bearer ${await issuer.testToken()}`);
});
afterAll(async () => {
  client?.close();
  await service?.close();
  await issuer?.close();
});

const { input, output } = EchoService.method.echo;
type Outcome = { text?: string; error?: grpc.ServiceError };

function echo(request: object, options: grpc.CallOptions = {}, meta = metadata): Promise<Outcome> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      "/marketmesh.testing.v1.EchoService/Echo",
      (message: object) => Buffer.from(toBinary(input, create(input, message))),
      (bytes: Buffer) => fromBinary(output, bytes),
      request,
      meta,
      options,
      (error, answer) => resolve(error ? { error } : { text: answer?.text ?? "" }),
    );
  });
}

test("grpc-js calls", async () => {
  expect(await echo({ name: "markets/berlin", text: "hello" })).toEqual({ text: "hello" });
});

test("grpc-js reads code, message and error details", async () => {
  const { error } = await echo({ name: "markets/berlin", text: "x", fail: "problem" });
  expect(error?.code).toBe(grpc.status.NOT_FOUND);
  expect(error?.details).toBe("no echo");
  const status = fromBinary(StatusSchema, error?.metadata.get("grpc-status-details-bin")[0] as Buffer);
  expect(status.details[0]?.typeUrl).toBe("type.googleapis.com/google.rpc.ErrorInfo");
  const info = fromBinary(ErrorInfoSchema, status.details[0]?.value as Uint8Array);
  expect(info).toMatchObject({ reason: "ECHO_NOT_FOUND", domain: "testing.marketmesh" });
});

test("a gate's refusal and a broken rule reach grpc-js as well", async () => {
  expect((await echo({ name: "markets/berlin" }, {}, new grpc.Metadata())).error?.code).toBe(
    grpc.status.UNAUTHENTICATED,
  );
  expect((await echo({ name: "markets/berlin", text: "x".repeat(1_001) })).error?.code).toBe(
    grpc.status.INVALID_ARGUMENT,
  );
});

test("an upload that is refused before its end does not hold up the end of the server", async () => {
  const other = await start("testing", bindEcho(), { MESH_IDENTITY_URL: issuer.url, DRAIN_MS: "20000" });
  const uploader = new grpc.Client(new URL(other.url).host, grpc.credentials.createInsecure());
  const error = await new Promise<grpc.ServiceError | null>((resolve) => {
    uploader.makeUnaryRequest(
      "/marketmesh.testing.v1.EchoService/Echo",
      (message: Buffer) => message,
      (bytes: Buffer) => bytes,
      // More than a stream may send before the server reads on.
      Buffer.alloc(20 * 1024 * 1024),
      metadata,
      (refusal) => resolve(refusal),
    );
  });
  expect(error?.code).toBe(grpc.status.RESOURCE_EXHAUSTED);
  await other.close();
  uploader.close();
});

test("grpc-js deadlines are kept", async () => {
  const { error } = await echo({ name: "markets/berlin", waitMs: 60_000 }, { deadline: Date.now() + 100 });
  expect(error?.code).toBe(grpc.status.DEADLINE_EXCEEDED);
});

test.each([
  ["v1", ServerReflection],
  ["v1alpha", ServerReflectionAlpha],
])("reflection %s lists the services and gives a file with all it needs", async (_, reflection) => {
  const reflect = createClient(
    reflection as typeof ServerReflection,
    createGrpcTransport({ baseUrl: service.url }),
  );
  async function* asked() {
    yield { messageRequest: { case: "listServices", value: "" } } as const;
    yield {
      messageRequest: { case: "fileContainingSymbol", value: "marketmesh.testing.v1.EchoService" },
    } as const;
    const extension = { containingType: "google.protobuf.MethodOptions", extensionNumber: 50310 };
    yield { messageRequest: { case: "fileContainingExtension", value: extension } } as const;
    yield { messageRequest: { case: "fileContainingSymbol", value: "no.Such" } } as const;
    yield { messageRequest: { case: "fileContainingSymbol", value: "google.rpc.ErrorInfo" } } as const;
  }
  const answers: ServerReflectionResponse["messageResponse"][] = [];
  for await (const { messageResponse } of reflect.serverReflectionInfo(asked()))
    answers.push(messageResponse);
  const [listed, file, extension, missing, details] = answers;
  expect(listed?.case === "listServicesResponse" && listed.value.service.map(({ name }) => name)).toEqual([
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "marketmesh.testing.v1.EchoService",
  ]);
  const names = (answer: typeof file) =>
    answer?.case === "fileDescriptorResponse"
      ? answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name)
      : [];
  expect(names(file)[0]).toBe("marketmesh/testing/v1/echo_service.proto");
  expect(names(file)).toContain("buf/validate/validate.proto");
  expect(names(file)).toContain("google/protobuf/descriptor.proto");
  expect(names(extension)[0]).toBe("marketmesh/options/v1/options.proto");
  expect(names(details)[0]).toBe("google/rpc/error_details.proto");
  expect(missing).toMatchObject({ case: "errorResponse", value: { errorCode: 5 } });
});

test("health over gRPC tells its status and ends its watch at drain", async () => {
  const other = await start("testing", bindEcho(), { MESH_IDENTITY_URL: issuer.url, DRAIN_MS: "50" });
  const health = createClient(Health, createGrpcTransport({ baseUrl: other.url }));
  expect((await health.check({})).status).toBe(1);
  const watch = health.watch({})[Symbol.asyncIterator]();
  expect((await watch.next()).value?.status).toBe(1);
  const ended = watch.next().catch(() => "ended");
  await other.close();
  expect(await ended).toSatisfy(
    (outcome) => outcome === "ended" || outcome.value?.status === 2 || outcome.done,
  );
});

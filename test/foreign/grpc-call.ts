import * as grpc from "@grpc/grpc-js";
import type { Method } from "./reflected.ts";

/** What a unary call or an upload came to, with everything that travelled around the message. */
export interface GrpcAnswer {
  readonly answer: Record<string, unknown>;
  readonly headers: grpc.Metadata;
  readonly trailers: grpc.Metadata;
}

/** An upload under way. */
export interface Upload {
  send(message: object): void;
  end(): void;
  readonly answered: Promise<GrpcAnswer>;
}

/** A connection of grpc-js to one address, which sends its token with every call. */
export class GrpcConnection {
  readonly client: grpc.Client;
  readonly #metadata = new grpc.Metadata();

  constructor(url: string, authorization: string, options: grpc.ClientOptions = {}) {
    this.client = new grpc.Client(new URL(url).host, grpc.credentials.createInsecure(), options);
    if (authorization !== "") this.#metadata.set("authorization", authorization);
  }

  untilConnected(patienceMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.waitForReady(Date.now() + patienceMs, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Rejects with the ServiceError. */
  unary(method: Method, request: object, options: grpc.CallOptions = {}): Promise<GrpcAnswer> {
    const { path, requestSerialize, responseDeserialize } = method;
    return answered((done) =>
      this.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata,
        options,
        done,
      ),
    );
  }

  upload(method: Method, options: grpc.CallOptions = {}): Upload {
    const { path, requestSerialize, responseDeserialize } = method;
    let stream: grpc.ClientWritableStream<object> | undefined;
    const whole = answered((done) => {
      stream = this.client.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        this.#metadata,
        options,
        done,
      );
      return stream;
    });
    return { send: (message) => void stream?.write(message), end: () => stream?.end(), answered: whole };
  }

  /** An answer of many messages: for each `data`, then `error` or `end`. */
  download(
    method: Method,
    request: object,
    options: grpc.CallOptions = {},
  ): grpc.ClientReadableStream<object> {
    const { path, requestSerialize, responseDeserialize } = method;
    return this.client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata,
      options,
    );
  }
}

type Done = (error: grpc.ServiceError | null, answer?: object) => void;

function answered(start: (done: Done) => NodeJS.EventEmitter): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    let headers = new grpc.Metadata();
    let answer: object | undefined;
    const call = start((error, message) => {
      if (error) reject(error);
      answer = message;
    });
    call.on("metadata", (metadata: grpc.Metadata) => {
      headers = metadata;
    });
    call.on("status", ({ metadata: trailers, code }: grpc.StatusObject) => {
      if (code === grpc.status.OK) resolve({ answer: answer as Record<string, unknown>, headers, trailers });
    });
  });
}

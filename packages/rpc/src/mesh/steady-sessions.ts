import { type ClientHttp2Session, type ClientHttp2Stream, constants } from "node:http2";
import { Http2SessionManager } from "@connectrpc/connect-node";

/**
 * A session manager whose sessions may fail at any time. When a server says goodbye to an idle session, the manager destroys
 * it with an error, and stops listening when a call asks for a new session before that error is told: an error event
 * that nobody listens to ends the process.
 */
export class SteadySessions extends Http2SessionManager {
  readonly #known = new WeakSet<ClientHttp2Session>();
  #heard = false;

  /** Whether the server has said anything on the latest session. One that refuses a client's certificate hangs up unheard. */
  get heard(): boolean {
    return this.#heard;
  }

  override async request(...args: Parameters<Http2SessionManager["request"]>) {
    const stream = await this.open(...args);
    failUnanswered(stream);
    dropUnread(stream);
    return stream;
  }

  /** A request of those who read every answer to its end, and notice when there is none. */
  async open(...args: Parameters<Http2SessionManager["request"]>) {
    const stream = await super.request(...args);
    const session = stream.session as ClientHttp2Session | undefined;
    if (session && !this.#known.has(session)) {
      this.#known.add(session);
      this.#heard = false;
      session.once("remoteSettings", () => {
        this.#heard = true;
      });
      // The calls of the session and the manager are told in ways of their own.
      session.on("error", () => {});
    }
    return stream;
  }
}

/**
 * A connection that is reset after its server's goodbye closes its streams as if all were well: a call without an answer would
 * wait for one until its deadline.
 */
function failUnanswered(stream: ClientHttp2Stream): void {
  let answered = false;
  stream.once("response", () => {
    answered = true;
  });
  stream.once("close", () => {
    if (answered || stream.rstCode !== constants.NGHTTP2_NO_ERROR || stream.listenerCount("error") === 0)
      return;
    stream.emit("error", Object.assign(new Error("closed without an answer"), { code: "ECONNRESET" }));
  });
}

/**
 * What a proxy says in words of its own is read by nobody, and a session with an answer that was not read never closes: its server
 * would wait for it as long as it drains.
 */
function dropUnread(stream: ClientHttp2Stream): void {
  stream.once("response", ({ "content-type": type = "" }) => {
    if (!/^application\/(json|proto|connect|grpc)/.test(type)) stream.resume();
  });
}

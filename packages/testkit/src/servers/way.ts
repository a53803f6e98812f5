import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "@marketmesh/dev-stack/servers";

/** A way to one of the run's servers that can be cut, for those alone who go by it. */
export interface Way extends AsyncDisposable {
  /** The same URL by this way. */
  by(url: string): string;
  /** Ends what is connected and refuses what comes. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Lets nothing more through what is connected, and ends none of it: nobody is told. */
  hush(): void;
}

/** Opens a way to the server of a URL; `cut` at first when it is to be away. */
export async function openWay(to: string, state: "open" | "cut" = "open"): Promise<Way> {
  const { hostname, port: targetPort } = new URL(to);
  const port = await freePort();
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const keep = (socket: Socket, other: () => Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => {
      sockets.delete(socket);
      other().destroy();
    });
  };
  const way: Way = {
    by(url) {
      const changed = new URL(url);
      changed.hostname = "127.0.0.1";
      changed.port = String(port);
      return changed.href;
    },
    async cut() {
      const closing = server;
      server = undefined;
      if (!closing) return;
      const closed = once(closing, "close");
      closing.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    hush() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async mend() {
      if (server) return;
      server = createServer((near) => {
        const far = connect(Number(targetPort), hostname);
        keep(near, () => far);
        keep(far, () => near);
        near.pipe(far).pipe(near);
      });
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    [Symbol.asyncDispose]: () => way.cut(),
  };
  if (state === "open") await way.mend();
  return way;
}

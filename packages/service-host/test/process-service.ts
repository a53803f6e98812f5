// A service as a process, for the tests of run(): a slow call, and a bind that fails on request.
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { type Bind, run } from "../src/index.ts";
import { echo } from "./echo.ts";

const bind: Bind = async (host) => {
  if (host.env.DATABASE_URL) await host.database({ migrations: new URL("./", import.meta.url) });
  if (host.env.TEST_FAIL === "1") throw new Error("no luck today");
  host.serve(EchoService, {
    ...echo({}),
    async echoPublic({ text }) {
      host.log.info("slow call begins", { authorization: "Bearer abc" });
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { text };
    },
  });
};

await run("testing", { bind: async () => bind });

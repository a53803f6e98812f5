import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromiumBinary } from "@marketmesh/dev-stack/servers";
import { chromium, type Page } from "playwright-core";
import { build } from "vite";

/** A headless Chromium, and a server of one page that holds the clients. */
export interface Browser extends AsyncDisposable {
  /** The origin that the page comes from. */
  readonly origin: string;
  /** Opens the page, from `origin` or from the same server by another name. */
  open(origin?: string): Promise<Page>;
}

/** A browser starts slowly on a machine that is busy. */
const patienceMs = 240_000;

const html =
  "<!doctype html><meta charset=utf-8><title>foreign clients</title><body><script src=/page.js></script>";

export async function startBrowser(): Promise<Browser> {
  const script = await bundled();
  const server = createServer(({ url }, response) => {
    const isScript = url === "/page.js";
    response.setHeader(
      "content-type",
      isScript ? "text/javascript; charset=utf-8" : "text/html; charset=utf-8",
    );
    response.end(isScript ? script : html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  // Chromium's own sandbox needs more rights than a container gives, and root may not use it at all.
  const browser = await chromium.launch({
    executablePath: chromiumBinary(),
    args: ["--no-sandbox"],
    timeout: patienceMs,
  });
  return {
    origin,
    async open(from = origin) {
      const page = await browser.newPage();
      page.setDefaultTimeout(patienceMs);
      await page.goto(from);
      return page;
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      server.close();
    },
  };
}

async function bundled(): Promise<string> {
  const entry = fileURLToPath(new URL("page/main.ts", import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, minify: false, lib: { entry, formats: ["iife"], name: "page" } },
  });
  const [first] = Array.isArray(built) ? built : [built];
  const chunk = first && "output" in first ? first.output[0] : undefined;
  if (chunk?.type !== "chunk") throw new Error("the page was not bundled");
  return chunk.code;
}

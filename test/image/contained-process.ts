import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { ImageRoot } from "./image-root.ts";

/** How a process ended. */
export interface End {
  readonly status: number | null;
  /** What it said, line by line, on both of its streams. */
  readonly lines: readonly string[];
}

/** A process of a bundle, with nothing in its environment but what is given. */
export class ContainedProcess {
  readonly lines: string[] = [];
  readonly ended: Promise<End>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();

  constructor(root: ImageRoot, name: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    const [command, ...words] = root.command(name, args);
    const child = spawn(command, words, { env, cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        this.lines.push(line);
        for (const tell of this.#listeners) tell();
      });
    }
    this.ended = new Promise((resolve) => {
      child.once("close", (status) => {
        resolve({ status, lines: this.lines });
        for (const tell of this.#listeners) tell();
      });
    });
  }

  terminate(): void {
    this.#child.kill("SIGTERM");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Resolves with the first line that contains the text, also one that was said already. Rejects when the process ends without it. */
  async said(text: string): Promise<string> {
    for (;;) {
      const line = this.lines.find((one) => one.includes(text));
      if (line !== undefined) return line;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error(`ended without "${text}": ${this.lines.slice(-5).join("\n")}`);
      await new Promise<void>((resolve) => {
        const tell = () => {
          this.#listeners.delete(tell);
          resolve();
        };
        this.#listeners.add(tell);
      });
    }
  }
}

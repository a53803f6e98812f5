import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A folder of secrets: what is in it stays as it is, what is not is made. Files have mode 0600, folders 0700. */
export class SecretFolder {
  readonly #root: string;
  /** Files that were made, relative to the folder. */
  readonly made: string[] = [];
  /** Files that were there. */
  readonly kept: string[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  /** The content of a file, which is made of what `make` answers when it does not exist. */
  open(path: string, make: () => string): string {
    const file = join(this.#root, path);
    if (existsSync(file)) {
      this.kept.push(path);
      return readFileSync(file, "utf8");
    }
    const text = make();
    this.#write(file, text);
    this.made.push(path);
    return text;
  }

  /** A list that is added to: it is written anew only when `add` answers with another text than it was given. */
  extend(path: string, add: (before: string | undefined) => string): void {
    const file = join(this.#root, path);
    const before = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    const after = add(before);
    if (after === before) {
      this.kept.push(path);
      return;
    }
    this.#write(file, after);
    this.made.push(path);
  }

  #write(file: string, text: string): void {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode: 0o600 });
  }
}

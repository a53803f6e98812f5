import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Mesh } from "../mesh.ts";

const earlyMs = 60_000;

/** Tokens with which parties act for themselves, obtained from identity by delegation and kept until they end. */
export class PartyTokens {
  readonly #tokens: Mesh["tokens"];
  readonly #known = new Map<string, Promise<{ readonly token: string; readonly endMs: number }>>();

  constructor(tokens: Mesh["tokens"]) {
    this.#tokens = tokens;
  }

  /** A token of a party, named `markets/{market}/parties/{party}`. */
  async of(party: string): Promise<string> {
    const known = await this.#known.get(party);
    if (known !== undefined && known.endMs - earlyMs > Date.now()) return known.token;
    const fetched = this.#fetch(party);
    this.#known.set(party, fetched);
    return (await fetched).token;
  }

  async #fetch(party: string): Promise<{ token: string; endMs: number }> {
    const { accessToken } = await this.#tokens.delegateToken({ party });
    return { token: accessToken!.token, endMs: timestampMs(accessToken!.expireTime!) };
  }
}

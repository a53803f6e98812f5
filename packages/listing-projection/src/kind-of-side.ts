import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import { type CatalogService, Side } from "@marketmesh/contracts/catalog/v1";
import { idsOf, problem } from "@marketmesh/rpc";
import type { SideTypes } from "@marketmesh/rules";
import { typesOfKind } from "./kind-types.ts";

/** Where kinds are asked for. */
export type Kinds = Pick<Client<typeof CatalogService>, "getKind">;

/** A kind as the catalog has it now, for checking what is written about it. */
export interface CurrentKind {
  readonly name: string;
  readonly version: bigint;
  readonly types: SideTypes;
}

/** Which kind is wanted, and the request field that names it. */
export interface KindWanted {
  readonly market: string;
  readonly name: string;
  readonly side: "SUPPLY" | "DEMAND";
  readonly field: string;
}

/**
 * Asks the catalog for a kind of the market.
 *
 * Throws ConnectError NOT_FOUND (KIND_NOT_FOUND), INVALID_ARGUMENT (NAME_INVALID, KIND_SIDE_INVALID).
 */
export async function readKindOfSide(
  catalog: Kinds,
  { market, name, side, field }: KindWanted,
  signal: AbortSignal,
): Promise<CurrentKind> {
  const ids = idsOf(namePatterns.kind, name, field);
  // Kinds of another market are not asked for, so nobody learns whether they exist.
  if (ids.market !== market) throw kindNotFound(name, field);
  const kind = await catalog.getKind({ name }, { signal }).then(
    (response) => response.kind,
    (error: unknown) => {
      if (error instanceof ConnectError && error.code === Code.NotFound) throw kindNotFound(name, field);
      throw error;
    },
  );
  if (kind === undefined) throw kindNotFound(name, field);
  const actual = kind.side === Side.DEMAND ? "DEMAND" : "SUPPLY";
  if (actual !== side) {
    throw problem(
      Code.InvalidArgument,
      "KIND_SIDE_INVALID",
      `${name} is a kind of ${actual}, not of ${side}`,
      {
        field,
        metadata: { field, side: actual, expected: side },
      },
    );
  }
  return { name, version: kind.version, types: typesOfKind(kind) };
}

/** NOT_FOUND (KIND_NOT_FOUND). */
export function kindNotFound(name: string, field: string): ConnectError {
  return problem(Code.NotFound, "KIND_NOT_FOUND", `there is no kind ${name}`, {
    metadata: { kind: name, field },
  });
}

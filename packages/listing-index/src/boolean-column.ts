import type { Value } from "@marketmesh/rules";
import type { ColumnStore } from "./column.ts";
import { grownUint8 } from "./growth.ts";

/** One byte a row: 0 missing, 1 false, 2 true. */
export class BooleanColumn implements ColumnStore {
  readonly kind = "boolean";
  codes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  readonly read = (row: number): boolean | undefined => {
    const value = this.codes[row];
    return value ? value === 2 : undefined;
  };

  write(row: number, value: Value | undefined): void {
    this.codes = grownUint8(this.codes, row + 1);
    this.codes[row] = value === undefined ? 0 : value === true ? 2 : 1;
  }
}

import type { Value } from "@marketmesh/rules";
import type { ColumnStore } from "./column.ts";
import { grownFloat64 } from "./growth.ts";

/** Numbers and timestamps, 8 bytes a row; NaN is missing, as no attribute is NaN. */
export class NumberColumn implements ColumnStore {
  readonly kind = "number";
  readonly codes = undefined;
  data: Float64Array<ArrayBuffer> = new Float64Array(0);

  readonly read = (row: number): number | undefined => {
    const value = this.data[row];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  };

  write(row: number, value: Value | undefined): void {
    this.data = grownFloat64(this.data, row + 1, Number.NaN);
    this.data[row] = (value as number | undefined) ?? Number.NaN;
  }
}

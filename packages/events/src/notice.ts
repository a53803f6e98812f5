/** Something an operator should know. Never holds contents of events. */
export interface Notice {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

export type OnNotice = (notice: Notice) => void;

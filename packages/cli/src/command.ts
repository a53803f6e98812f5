/** One command of the `marketmesh` program. */
export interface Command {
  /** What stands after the command's name. */
  readonly usage: string;
  readonly about: string;
  run(args: string[]): Promise<void>;
}

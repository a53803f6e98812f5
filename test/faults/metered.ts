import type { ConnectedMesh } from "@marketmesh/cli/connect";
import type { Mesh } from "@marketmesh/cli/mesh";

type Action = () => Promise<void>;
type Method = (...args: unknown[]) => Promise<unknown> | AsyncIterable<unknown>;

/**
 * The clients of a job, with a count of what was answered and when, and with places to do something just before a certain call:
 * a moment of the job that is the same in every run.
 */
export class MeteredMesh {
  readonly mesh: Mesh;
  /** When calls were answered, in milliseconds of `performance.now()`, ascending. */
  readonly answeredMs: number[] = [];
  readonly #before = new Map<string, Action>();
  readonly #calls = new Map<string, number>();

  constructor(clients: ConnectedMesh) {
    const { identity, tokens, catalog, eligibility, scoring, allocation, fulfillment, feeds } = clients;
    const services = { identity, tokens, catalog, eligibility, scoring, allocation, fulfillment };
    const metered = Object.entries(services).map(([name, client]) => [name, this.#metered(name, client)]);
    this.mesh = { ...Object.fromEntries(metered), feeds } as unknown as Mesh;
  }

  /** Does something before the job's n-th call (from 1) of a method, such as `allocation.createRound`; the call waits for it. */
  before(method: string, number: number, action: Action): void {
    this.#before.set(`${method} ${number}`, action);
  }

  /** The places that the job did not come to. */
  get notReached(): string[] {
    return [...this.#before.keys()];
  }

  #metered<C extends object>(service: string, client: C): C {
    const methods = Object.entries(client).map(([name, method]) => {
      return [name, this.#method(`${service}.${name}`, method as Method)] as const;
    });
    return Object.fromEntries(methods) as C;
  }

  #method(name: string, method: Method): Method {
    const enter = () => this.#enter(name);
    const answered = () => this.answeredMs.push(performance.now());
    const stream = async function* (call: () => AsyncIterable<unknown>) {
      await enter();
      yield* call();
      answered();
    };
    const unary = async (call: () => Promise<unknown>) => {
      await enter();
      const answer = await call();
      answered();
      return answer;
    };
    const streams = ["watchRound", "watchListings", "exportListings", "exportCapacityLevels"];
    if (streams.some((each) => name.endsWith(`.${each}`)))
      return (...args) => stream(() => method(...args) as AsyncIterable<unknown>);
    return (...args) => unary(() => method(...args) as Promise<unknown>);
  }

  async #enter(name: string): Promise<void> {
    const number = (this.#calls.get(name) ?? 0) + 1;
    this.#calls.set(name, number);
    const place = `${name} ${number}`;
    const action = this.#before.get(place);
    this.#before.delete(place);
    await action?.();
  }
}

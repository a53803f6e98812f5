/** Resource names of one market. */
export class MarketNames {
  readonly market: string;

  constructor(marketId: string) {
    this.market = `markets/${marketId}`;
  }

  of(collection: string, id: string): string {
    return `${this.market}/${collection}/${id}`;
  }

  listing(id: string): string {
    return this.of("listings", id);
  }

  get clock(): string {
    return `${this.market}/clock`;
  }
}

/** The last part of a name: the id. */
export function idOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

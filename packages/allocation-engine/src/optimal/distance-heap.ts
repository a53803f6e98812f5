/** A binary heap of (distance, node), least distance first, of equal distances the lower node. Entries may be stale. */
export class DistanceHeap {
  #distances = new Float64Array(64);
  #nodes = new Int32Array(64);
  size = 0;

  clear(): void {
    this.size = 0;
  }

  push(distance: number, node: number): void {
    if (this.size === this.#nodes.length) this.#grow();
    const distances = this.#distances;
    const nodes = this.#nodes;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = distances[parent]!;
      if (above < distance || (above === distance && nodes[parent]! <= node)) break;
      distances[at] = above;
      nodes[at] = nodes[parent]!;
      at = parent;
    }
    distances[at] = distance;
    nodes[at] = node;
  }

  /** Least distance; the heap must not be empty. */
  leastDistance(): number {
    return this.#distances[0]!;
  }

  /** Takes the node of least distance; the heap must not be empty. */
  pop(): number {
    const distances = this.#distances;
    const nodes = this.#nodes;
    const top = nodes[0]!;
    const size = --this.size;
    const distance = distances[size]!;
    const node = nodes[size]!;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      const right = child + 1;
      if (right < size && comesFirst(distances, nodes, right, child)) child = right;
      const below = distances[child]!;
      if (below > distance || (below === distance && nodes[child]! >= node)) break;
      distances[at] = below;
      nodes[at] = nodes[child]!;
      at = child;
    }
    distances[at] = distance;
    nodes[at] = node;
    return top;
  }

  #grow(): void {
    const distances = new Float64Array(this.size * 2);
    const nodes = new Int32Array(this.size * 2);
    distances.set(this.#distances);
    nodes.set(this.#nodes);
    this.#distances = distances;
    this.#nodes = nodes;
  }
}

function comesFirst(distances: Float64Array, nodes: Int32Array, one: number, other: number): boolean {
  const difference = distances[one]! - distances[other]!;
  return difference === 0 ? nodes[one]! < nodes[other]! : difference < 0;
}

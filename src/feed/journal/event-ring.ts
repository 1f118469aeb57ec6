import type { EventBatch } from './event-batch.ts';

/** Where a watcher is: it has seen everything before the batch with this number, and of that batch what is not above `after`. */
export interface Cursor {
  readonly batch: number;
  readonly after: number;
}

/** The newest events of one collection. Watchers hold numbers, so whatever is dropped here is free at once. */
export class EventRing {
  /** With holes at the start until they are many. */
  #batches: (EventBatch | undefined)[] = [];
  #head = 0;
  /** Number of the oldest batch. */
  #first = 0;
  #events = 0;
  #lost = 0;

  /** Number that the next batch gets. */
  get next(): number {
    return this.#first + this.#batches.length - this.#head;
  }

  get events(): number {
    return this.#events;
  }

  get end(): Cursor {
    return { batch: this.next, after: 0 };
  }

  push(batch: EventBatch): void {
    this.#batches.push(batch);
    this.#events += batch.events.length;
  }

  /** undefined: there is none yet, or it was dropped. */
  at(number: number): EventBatch | undefined {
    return number < this.#first ? undefined : this.#batches[this.#head + number - this.#first];
  }

  isDropped(number: number): boolean {
    return number < this.#first;
  }

  /** The oldest sequence from which a watch can go on. */
  get oldest(): number {
    return this.#lost;
  }

  /** Where somebody goes on who has seen an object with this sequence; undefined where something after it was dropped. */
  seek(sequence: number): Cursor | undefined {
    if (sequence < this.oldest) return undefined;
    return { batch: this.#search(sequence), after: sequence };
  }

  /** Drops the oldest batch; returns it. */
  dropFirst(): EventBatch | undefined {
    const batch = this.#batches[this.#head];
    if (batch === undefined) return undefined;
    this.#lost = batch.last;
    this.#batches[this.#head++] = undefined;
    this.#first++;
    this.#events -= batch.events.length;
    if (this.#head > 1024 && this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head);
      this.#head = 0;
    }
    return batch;
  }

  /** Forgets everything: what came up to this sequence is not known any more, and nothing of it is to be told. */
  restart(sequence: number): void {
    this.#first = this.next;
    this.#batches = [];
    this.#head = 0;
    this.#events = 0;
    this.#lost = sequence;
  }

  /** Number of the first batch that reaches `sequence`. */
  #search(sequence: number): number {
    let low = this.#first;
    let high = this.next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.at(middle)?.last ?? 0) >= sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

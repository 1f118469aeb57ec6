import type { StreamSink } from '../../contract/datastore.ts';
import type { Delta } from '../../model/delta.ts';

/** More deltas than this go to the sink at once only where one object gives many. */
const MAX_DELTAS = 500;

/** Collects deltas between the wire and the sink: one `apply` per chunk, or per 500 deltas. */
export class Batch {
  readonly deltas: Delta[] = [];

  get full(): boolean {
    return this.deltas.length >= MAX_DELTAS;
  }

  flush(sink: StreamSink): void {
    if (this.deltas.length > 0) sink.apply(this.deltas.splice(0));
  }
}

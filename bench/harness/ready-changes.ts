/** An endpoint became ready or not ready; `at` in milliseconds of the shared clock. */
export interface ReadyChange {
  readonly address: string;
  readonly ready: boolean;
  readonly at: number;
}

export interface Delays {
  readonly times: readonly number[];
  /** Changes that were undone before they were seen, and those that undid them: two became none. */
  readonly superseded: number;
  /** Changes that nobody saw, though the endpoint was another afterwards. */
  readonly lost: number;
}

/**
 * How long each change of the window took until it was seen; those before and behind it tell which is which. `seen` may be
 * earlier than the change by the way back of an answer.
 */
export function delaysOf(
  changes: readonly ReadyChange[],
  seen: readonly ReadyChange[],
  [begin, end]: readonly [number, number],
): Delays {
  const seenOf = Map.groupBy(seen, ({ address }) => address);
  const times: number[] = [];
  let superseded = 0;
  let lost = 0;
  const isCounted = ({ at }: ReadyChange): boolean => at >= begin && at <= end;
  for (const [address, own] of Map.groupBy(changes, (change) => change.address)) {
    let unseen: ReadyChange | undefined;
    for (const [i, change] of own.entries()) {
      // The one after the next has the same state again.
      const from = own[i - 1]?.at ?? Number.NEGATIVE_INFINITY;
      const to = own[i + 2]?.at ?? Number.POSITIVE_INFINITY;
      const arrival = seenOf
        .get(address)
        ?.find(({ ready, at }) => ready === change.ready && at > from && at < to);
      if (arrival !== undefined) {
        if (isCounted(change)) times.push(Math.max(0, arrival.at - change.at));
      } else if (unseen === undefined) {
        unseen = change;
      } else {
        superseded += [unseen, change].filter(isCounted).length;
        unseen = undefined;
      }
    }
    if (unseen !== undefined && isCounted(unseen)) lost++;
  }
  return { times, superseded, lost };
}

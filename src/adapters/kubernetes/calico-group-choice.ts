/** Calico's two API groups: `v1` is crd.projectcalico.org/v1, `v3` is projectcalico.org/v3. */
export type CalicoGroupName = 'v1' | 'v3';

/** What is seen of one group. */
export interface GroupView {
  /** undefined = the server could not say. */
  readonly served: boolean | undefined;
  /** `spec.datastoreReady` of its ClusterInformation `default`; undefined = there is none, or it may not be read. */
  readonly ready: boolean | undefined;
}

/** Which group is followed. */
export interface GroupChoice {
  /** undefined = Calico is not there. */
  readonly group: CalicoGroupName | undefined;
  /** Its ClusterInformation says `datastoreReady: false`: removals in it are not to be believed. */
  readonly locked: boolean;
}

/**
 * Chooses the group to follow, or `wait` where what is seen must not be acted upon: Calico locks the group that it moves
 * away from and removes it in the end, so a locked group that vanishes is no reason to withdraw anything until the
 * other one is ready.
 */
export function chooseGroup(
  views: Readonly<Record<CalicoGroupName, GroupView>>,
  previous: GroupChoice | undefined,
): GroupChoice | 'wait' {
  const { v1, v3 } = views;
  if (v1.served === undefined) return 'wait';
  // The aggregated Calico API server, which serves v3 in front of v1, may well be down.
  if (v3.served === undefined && !v1.served) return 'wait';
  const group = preferred(views, previous?.group);
  const moved = previous?.group !== undefined && previous.group !== group;
  if (moved && previous.locked && (group === undefined || views[group].ready !== true)) return 'wait';
  return { group, locked: group !== undefined && views[group].ready === false };
}

function preferred(
  { v1, v3 }: Readonly<Record<CalicoGroupName, GroupView>>,
  current: CalicoGroupName | undefined,
): CalicoGroupName | undefined {
  if (v1.served === true && v3.served === true) {
    if (v1.ready === true) return 'v1';
    if (v3.ready === true) return 'v3';
    return current ?? 'v1';
  }
  if (v1.served === true) return 'v1';
  return v3.served === true ? 'v3' : undefined;
}

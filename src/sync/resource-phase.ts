/**
 * The life of one resource of one datastore, as a pure machine: `PHASES[phase][event]` is the next phase.
 *
 *   waiting ──list──▶ listing ──listed──▶ synced ──expired──▶ relisting ──listed──▶ synced
 *      │          answered ▲│ failed   failed │ ▲ contact   answered ▲│ failed
 *      └───failed─────▶ failing               ▼ │                   lost
 *                                             lost
 *
 * - `waiting`: nothing was heard yet.          - `failing`: never listed, and the last attempt failed.
 * - `listing`: the first list is under way.    - `lost`: was listed; no contact now. Its data stays.
 * - `synced`: listed, and the watch is healthy or is being resumed for the first time.
 * - `relisting`: was listed; a fresh list is under way. Its data stays.
 * - `absent`: the server does not serve it: empty and in sync.
 * - `forbidden`: it may not be read. What was known stays.
 */
export type ResourcePhase =
  'waiting' | 'listing' | 'synced' | 'relisting' | 'absent' | 'failing' | 'lost' | 'forbidden';

/**
 * - `list`: a list request starts.        - `answered`: the list is being answered.
 * - `listed`: it was complete.            - `absent`: not served there.
 * - `contact`: a sign of life on a watch. - `ended`: a healthy watch ended and is opened again.
 * - `expired`: the resume point is gone.  - `failed`: an attempt failed, or the idle deadline passed.
 * - `forbidden`: refused by authorisation.
 */
export type ResourceEvent =
  'list' | 'answered' | 'listed' | 'absent' | 'contact' | 'ended' | 'expired' | 'failed' | 'forbidden';

const PHASES: Readonly<Record<ResourcePhase, Readonly<Record<ResourceEvent, ResourcePhase>>>> = {
  waiting: row('waiting', { list: 'listing', failed: 'failing' }),
  listing: row('listing', { failed: 'failing' }),
  synced: row('synced', { list: 'relisting', expired: 'relisting', failed: 'lost' }),
  relisting: row('relisting', { failed: 'lost' }),
  // Looked at again from time to time: a list of a resource that was absent is no resync until it finds something.
  absent: row('absent', { failed: 'lost' }),
  // Contact is a live watch, and a watch follows a complete list: so after a refusal and a failure in between, too.
  failing: row('failing', { answered: 'listing', contact: 'synced' }),
  // A list after a loss is not yet a return: only an answer is.
  lost: row('lost', { contact: 'synced', answered: 'relisting' }),
  forbidden: row('forbidden', { failed: 'failing', contact: 'synced' }),
};

/** What holds for every phase, and then what is special about one. */
function row(
  self: ResourcePhase,
  special: Partial<Record<ResourceEvent, ResourcePhase>>,
): Readonly<Record<ResourceEvent, ResourcePhase>> {
  return {
    list: self,
    answered: self,
    listed: 'synced',
    absent: 'absent',
    contact: self,
    ended: self,
    expired: self,
    failed: self,
    forbidden: 'forbidden',
    ...special,
  };
}

export function nextPhase(phase: ResourcePhase, event: ResourceEvent): ResourcePhase {
  return PHASES[phase][event];
}

/** Nothing is under way that could still add to what is known. */
export function isSettled(phase: ResourcePhase): boolean {
  return phase === 'synced' || phase === 'absent' || phase === 'forbidden';
}

import type { EndpointsEdit } from './endpoints-edit.ts';
import type { OwnedEndpoints } from './owned-endpoints.ts';
import { endpointsFingerprint } from './subsets-text.ts';

/**
 * How an Endpoints object stands that an earlier controller left beside our slices.
 *
 * ```
 *                    slices accepted            label accepted
 *  none ──▶ waiting ───────────────▶ labelling ───────────────▶ taken-over
 *    ▲                                                            │     ▲ label put back by hand,
 *    │ deleted (from any state)                 somebody rewrites ▼     │ or rewritten to what it was
 *    └──────────────────────────────────────────────── another-controller
 * ```
 * `foreign`: it has neither annotation nor mark; it is left alone, and so is what Kubernetes mirrors of it.
 */
export type TakeOverState =
  'none' | 'foreign' | 'waiting' | 'labelling' | 'taken-over' | 'another-controller';

/** What must be remembered between two looks at one object. A restart has the same from the object, but for a rewrite that threw our annotations away. */
export interface TakeOverMemory {
  readonly uid: string;
  /** Of what was labelled, while it was as we left it. */
  readonly fingerprint: string;
  /** We stopped on it. */
  readonly stopped: Stopped | undefined;
}

interface Stopped {
  /** It was seen without the label since then: if that is there again, a hand put it back. */
  readonly sawNoLabel: boolean;
  /** It had our mark then: if that is gone while the label is there, a hand took it away. */
  readonly marked: boolean;
}

export interface TakeOverStep {
  readonly state: TakeOverState;
  /** At most one: `label`. */
  readonly edits: readonly EndpointsEdit[];
  /** Nothing more is to be written for this service, slices included. */
  readonly blocked: boolean;
  /** For people, where `blocked`; '' else. */
  readonly reason: string;
  /** To be given to the next call. */
  readonly memory: TakeOverMemory | undefined;
}

/**
 * The next step of taking over the Endpoints object of a federated service in `endpointslices` mode. Pure.
 * `slicesAccepted`: all that the object serves is in our slices as accepted by the API server, or is withdrawn for
 * certain (`servedBySlices`).
 *
 * Once the label was ours, each change of selector annotation, subsets or label is another controller's; we stop until
 * the object is deleted, is what it was, or a hand shows that the other one is off: the label put back, or our
 * annotation `fedsyncd.io/skip-mirror` taken away while the label stays.
 */
export function takeOver(
  actual: OwnedEndpoints | undefined,
  slicesAccepted: boolean,
  memory: TakeOverMemory | undefined,
): TakeOverStep {
  if (actual === undefined || actual.deleting) return step('none', undefined);
  const known = memory?.uid === actual.uid ? memory : undefined;
  if (actual.marked || known !== undefined) return guard(actual, known);
  if (actual.selector === undefined || actual.problem !== '') return step('foreign', undefined);
  // Somebody else's label does what ours would.
  if (actual.skipsMirror) return step('taken-over', undefined);
  return slicesAccepted ? label(actual, undefined) : step('waiting', undefined);
}

/** An object that we labelled, by its mark or by our memory. */
function guard(actual: OwnedEndpoints, memory: TakeOverMemory | undefined): TakeOverStep {
  const { uid, skipsMirror, marked } = actual;
  const fingerprint = endpointsFingerprint(actual);
  if (skipsMirror && marked && actual.fingerprint === fingerprint && actual.problem === '') {
    return step('taken-over', { uid, fingerprint, stopped: undefined });
  }
  if (memory?.stopped !== undefined)
    return stopped(actual, fingerprint, { ...memory, stopped: memory.stopped });
  // Only our annotations were taken away: the label does its work.
  if (skipsMirror && !marked && memory?.fingerprint === fingerprint) return step('taken-over', memory);
  return block(actual, {
    uid,
    fingerprint: memory?.fingerprint ?? actual.fingerprint ?? '',
    stopped: { sawNoLabel: !skipsMirror, marked },
  });
}

function stopped(
  actual: OwnedEndpoints,
  fingerprint: string,
  memory: TakeOverMemory & { readonly stopped: Stopped },
): TakeOverStep {
  const { skipsMirror, marked } = actual;
  const { sawNoLabel, marked: wasMarked } = memory.stopped;
  const byHand = skipsMirror && (sawNoLabel || (wasMarked && !marked));
  if (!byHand) {
    return block(actual, {
      ...memory,
      stopped: { sawNoLabel: sawNoLabel || !skipsMirror, marked: wasMarked },
    });
  }
  // Without our mark it is somebody else's label, and no business of ours any more.
  if (!marked) return step('taken-over', { ...memory, fingerprint, stopped: undefined });
  return label(actual, memory);
}

function label(of: OwnedEndpoints, memory: TakeOverMemory | undefined): TakeOverStep {
  const fingerprint = endpointsFingerprint(of);
  const edits = [{ op: 'label', phase: 2, rank: 'cosmetic', fingerprint, of }] as const;
  return { state: 'labelling', edits, blocked: false, reason: '', memory };
}

function step(state: TakeOverState, memory: TakeOverMemory | undefined): TakeOverStep {
  return { state, edits: [], blocked: false, reason: '', memory };
}

function block(actual: OwnedEndpoints, memory: TakeOverMemory): TakeOverStep {
  const what = actual.skipsMirror
    ? 'was rewritten after fedsyncd had taken over its service'
    : 'lost the label endpointslice.kubernetes.io/skip-mirror that fedsyncd had set';
  const reason =
    `Endpoints ${actual.namespace}/${actual.name} ${what}: another controller seems to write it. ` +
    'Nothing more is written for this service until that controller is off and the label is set again, or the Endpoints is deleted';
  return { state: 'another-controller', edits: [], blocked: true, reason, memory };
}

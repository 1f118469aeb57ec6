import { SERVICE_SELECTOR_ANNOTATION } from '../../model/federation.ts';
import { printable } from '../../model/printable.ts';
import { parseSelector } from '../../model/selector.ts';
import type { Selector } from '../../model/selector.ts';
import type { Service, ServicePort } from '../../model/service.ts';

/**
 * How a service stands with federation. Only `federated` and `no-matches` are federated; in every other state what was
 * written for it is withdrawn.
 */
export type FederationState =
  | 'federated'
  /** Federated, but no service backs it. */
  | 'no-matches'
  | 'has-selector'
  | 'empty-selector'
  | 'bad-selector'
  /** The federated service itself is of type ExternalName. */
  | 'external-name'
  /** The service is there, without the annotation. */
  | 'not-annotated'
  | 'gone';

export interface FederationProblem {
  readonly state: 'has-selector' | 'empty-selector' | 'bad-selector' | 'external-name';
  /** A sentence for the owner of the service, of bounded length. */
  readonly message: string;
}

/** What matters of a service that has the annotation. */
export interface FederationSpec {
  readonly uid: string;
  /** The annotation as it is. */
  readonly text: string;
  /** The selector, or why the service is not federated. */
  readonly selects:
    | { readonly selector: Selector; readonly problem?: never }
    | { readonly selector?: never; readonly problem: FederationProblem };
  readonly ports: readonly ServicePort[];
  readonly isHeadless: boolean;
  readonly publishNotReadyAddresses: boolean;
}

/** Longest reason that a message quotes. */
const MAX_REASON = 200;

/** A service with the annotation, broken or empty or not: it may be federated itself and never backs another. */
export function isAnnotated(service: Service): boolean {
  return service.annotations.has(SERVICE_SELECTOR_ANNOTATION);
}

/** undefined where there is no annotation. */
export function readFederationSpec(service: Service): FederationSpec | undefined {
  const text = service.annotations.get(SERVICE_SELECTOR_ANNOTATION);
  if (text === undefined) return undefined;
  return {
    uid: service.uid,
    text,
    selects: readSelects(service, text),
    ports: service.ports,
    isHeadless: service.clusterIPs[0] === 'None',
    publishNotReadyAddresses: service.publishNotReadyAddresses,
  };
}

function readSelects(service: Service, text: string): FederationSpec['selects'] {
  const problem = (state: FederationProblem['state'], message: string) => ({ problem: { state, message } });
  if (service.type === 'ExternalName') {
    return problem('external-name', 'not federated: a service of type ExternalName has no endpoints');
  }
  if (service.selector.size > 0) {
    return problem(
      'has-selector',
      'not federated: it has a spec.selector, so Kubernetes chooses its endpoints',
    );
  }
  if (text.trim() === '') {
    const all = 'it would select every service; write all() where that is meant';
    return problem('empty-selector', `not federated: ${SERVICE_SELECTOR_ANNOTATION} is empty: ${all}`);
  }
  try {
    return { selector: parseSelector(text) };
  } catch (error) {
    const reason = printable(error instanceof Error ? error.message : String(error)).slice(0, MAX_REASON);
    return problem('bad-selector', `not federated: ${SERVICE_SELECTOR_ANNOTATION}: ${reason}`);
  }
}

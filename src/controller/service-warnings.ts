import type { Reporter } from '../contract/event.ts';
import type { EventReason } from './events/event-reasons.ts';
import type { EventRecorder } from './events/event-recorder.ts';
import { serviceReference } from './events/object-event.ts';
import type { SelectionWarning, WarningCode } from './selection/selection-warning.ts';

const REASON_OF: Readonly<Record<WarningCode, EventReason>> = {
  SelectorInvalid: 'BadServiceSelector',
  SelectorEmpty: 'EmptyServiceSelector',
  SpecSelectorSet: 'HasSelector',
  ExternalNameFederated: 'ExternalNameNotFederated',
  ExternalNameSkipped: 'ExternalNameNotFederated',
  FqdnSlicesSkipped: 'FqdnNotFederated',
  AddressesRefused: 'AddressRefused',
};

interface ServiceOfWarning {
  readonly namespace: string;
  readonly name: string;
  /** '' = the Service is gone: then nobody looks at its Events. */
  readonly uid: string;
}

/** Tells owners what is wrong with their services: a log line and an Event when it begins or changes. */
export class ServiceWarnings {
  readonly #told = new Map<string, ReadonlySet<string>>();
  readonly #recorder: EventRecorder;
  readonly #report: Reporter;

  constructor(recorder: EventRecorder, report: Reporter) {
    this.#recorder = recorder;
    this.#report = report;
  }

  /** All that holds for a service now; what is as before is not told again. */
  set(service: ServiceOfWarning, warnings: readonly SelectionWarning[]): void {
    const key = `${service.namespace}/${service.name}`;
    const before = this.#told.get(key);
    if (warnings.length === 0) {
      if (before !== undefined) this.#told.delete(key);
      return;
    }
    const now = new Set<string>();
    for (const { code, message } of warnings) {
      const reason = REASON_OF[code];
      now.add(`${reason} ${message}`);
      if (before?.has(`${reason} ${message}`) !== true) this.tell(service, reason, message);
    }
    this.#told.set(key, now);
  }

  /** Something that happened once. */
  tell(service: ServiceOfWarning, reason: EventReason, message: string): void {
    const { namespace, name, uid } = service;
    this.#report({ event: 'service.warning', namespace, service: name, reason, message });
    if (uid !== '') this.#recorder.record({ object: serviceReference(service), reason, message });
  }
}

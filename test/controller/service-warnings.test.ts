import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EventRecorder } from '../../src/controller/events/event-recorder.ts';
import type { ObjectEvent } from '../../src/controller/events/object-event.ts';
import type { SelectionWarning } from '../../src/controller/selection/selection-warning.ts';
import { ServiceWarnings } from '../../src/controller/service-warnings.ts';
import type { DaemonEvent } from '../../src/contract/event.ts';

const WEB = { namespace: 'shop', name: 'web', uid: 'uid-1' };
const EMPTY: SelectionWarning = { code: 'SelectorEmpty', message: 'it is empty' };
const FQDN: SelectionWarning = { code: 'FqdnSlicesSkipped', message: 'left out: a' };

function rig() {
  const logged: string[] = [];
  const recorded: string[] = [];
  const recorder = {
    record: ({ object, reason, message }: ObjectEvent) =>
      recorded.push(`${object.kind} ${object.namespace}/${object.name} ${object.uid}: ${reason}: ${message}`),
  } as unknown as EventRecorder;
  const report = (event: DaemonEvent): void => {
    assert.equal(event.event, 'service.warning');
    if (event.event !== 'service.warning') return;
    logged.push(`${event.namespace}/${event.service}: ${event.reason}: ${event.message}`);
  };
  return { warnings: new ServiceWarnings(recorder, report), logged, recorded };
}

describe('ServiceWarnings', () => {
  it('tell the log and the owner once, whatever is planned again', () => {
    const { warnings, logged, recorded } = rig();
    for (let i = 0; i < 3; i++) warnings.set(WEB, [EMPTY]);
    assert.deepEqual(logged, ['shop/web: EmptyServiceSelector: it is empty']);
    assert.deepEqual(recorded, ['Service shop/web uid-1: EmptyServiceSelector: it is empty']);
  });

  it('tell what is new or said differently, and only that', () => {
    const { warnings, logged } = rig();
    warnings.set(WEB, [EMPTY]);
    warnings.set(WEB, [EMPTY, FQDN]);
    warnings.set(WEB, [EMPTY, { ...FQDN, message: 'left out: a, b' }]);
    assert.deepEqual(logged.slice(1), [
      'shop/web: FqdnNotFederated: left out: a',
      'shop/web: FqdnNotFederated: left out: a, b',
    ]);
  });

  it('tell again what was over in between', () => {
    const { warnings, logged } = rig();
    warnings.set(WEB, [EMPTY]);
    warnings.set(WEB, []);
    warnings.set(WEB, [EMPTY]);
    assert.equal(logged.length, 2);
  });

  it('write no Event for a Service that is gone', () => {
    const { warnings, logged, recorded } = rig();
    warnings.set({ ...WEB, uid: '' }, [EMPTY]);
    warnings.tell({ ...WEB, uid: '' }, 'SliceRefused', 'no');
    assert.equal(logged.length, 2);
    assert.deepEqual(recorded, []);
  });

  it('have a reason of an Event for each code', () => {
    const codes: readonly SelectionWarning['code'][] = [
      'SelectorInvalid',
      'SelectorEmpty',
      'SpecSelectorSet',
      'ExternalNameFederated',
      'ExternalNameSkipped',
      'FqdnSlicesSkipped',
      'AddressesRefused',
    ];
    const { warnings, logged } = rig();
    warnings.set(
      WEB,
      codes.map((code) => ({ code, message: code })),
    );
    assert.deepEqual(
      logged.map((line) => line.split(': ')[1]),
      [
        'BadServiceSelector',
        'EmptyServiceSelector',
        'HasSelector',
        'ExternalNameNotFederated',
        'ExternalNameNotFederated',
        'FqdnNotFederated',
        'AddressRefused',
      ],
    );
  });
});

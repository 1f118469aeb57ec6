import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { ConversionError } from '../../src/model/conversion-error.ts';
import { LabelSet } from '../../src/model/label-set.ts';
import {
  namespaceProfile,
  namespaceProfileKey,
  serviceAccountProfile,
  serviceAccountProfileKey,
} from '../../src/model/profile-from-kubernetes.ts';
import { namespaceFromJson, serviceAccountFromJson } from '../../src/model/profile-source-json.ts';
import { reverseUid } from '../../src/model/uid.ts';
import { check } from './property.ts';
import { readVectors } from './vectors.ts';

interface ProfileVector {
  readonly name: string;
  readonly kind: 'Namespace' | 'ServiceAccount';
  readonly object: unknown;
  readonly expected: {
    name: string;
    uid: string;
    labelsToApply: Record<string, string>;
    revision: string;
  } | null;
}

const vectors = readVectors('namespace-serviceaccount-to-profile.json') as
  readonly ProfileVector[] | undefined;

if (vectors !== undefined) {
  describe("profiles, Calico's vectors", () => {
    for (const { name, kind, object, expected } of vectors) {
      it(name, () => {
        const convert = () =>
          kind === 'Namespace'
            ? namespaceProfile(namespaceFromJson(object))
            : serviceAccountProfile(serviceAccountFromJson(object));
        if (expected === null) {
          assert.throws(convert, ConversionError);
          return;
        }
        const profile = convert();
        assert.deepEqual(
          [profile.namespace, profile.name, profile.uid, profile.resourceVersion],
          ['', expected.name, expected.uid, expected.revision],
        );
        assert.deepEqual(profile.labelsToApply.toRecord(), expected.labelsToApply);
      });
    }
  });
}

const facts = {
  name: 'prod',
  uid: '30316465-6365-4463-ad63-3564622d3638',
  labels: LabelSet.fromRecord({ env: 'prod', 'projectcalico.org/name': 'spoof' }),
  resourceVersion: '12',
  created: 7,
};

describe('profiles of namespaces and service accounts', () => {
  it('carry the labels with their prefix, the true name last', () => {
    const profile = namespaceProfile(facts);
    assert.deepEqual(profile.labelsToApply.toRecord(), {
      'pcns.env': 'prod',
      'pcns.projectcalico.org/name': 'prod',
    });
    assert.deepEqual([profile.name, profile.resourceVersion, profile.created], ['kns.prod', '12/', 7]);
    const account = serviceAccountProfile({ ...facts, name: 'web', namespace: 'prod' });
    assert.deepEqual(account.labelsToApply.toRecord(), {
      'pcsa.env': 'prod',
      'pcsa.projectcalico.org/name': 'web',
    });
    assert.deepEqual([account.name, account.resourceVersion], ['ksa.prod.web', '/12']);
  });

  it('are deleted under the key that they were put under', () => {
    assert.deepEqual(namespaceProfileKey('prod'), { namespace: '', name: namespaceProfile(facts).name });
    const account = serviceAccountProfile({ ...facts, name: 's.a', namespace: '' });
    assert.deepEqual(serviceAccountProfileKey('', 's.a'), { namespace: '', name: account.name });
    assert.equal(account.name, 'ksa.default.s.a');
  });

  it('name a bad UID or name', () => {
    assert.throws(
      () => namespaceProfile({ ...facts, uid: 'x' }),
      /^ConversionError: metadata\.uid: "x" is not a UUID$/,
    );
    assert.throws(
      () => namespaceProfile({ ...facts, name: 'a/b' }),
      /^ConversionError: metadata\.name: "a\/b" is not a valid name$/,
    );
  });
});

describe('reverseUid', () => {
  it('reverses the bits of all bytes but 6 and 8', () => {
    assert.equal(reverseUid('30316465-6365-4463-ad63-3564622d3638'), '0c8c26a6-c6a6-44c6-adc6-ac2646b46c1c');
    assert.equal(reverseUid('01020408-1020-4080-8001-FF00AA55F00F'), '80402010-0804-4001-8080-ff0055aa0ff0');
  });

  it('is its own inverse', () => {
    check(fc.property(fc.uuid(), (uid) => assert.equal(reverseUid(reverseUid(uid)), uid)));
  });

  it('refuses anything else', () => {
    for (const uid of [
      '',
      'x',
      '30316465636544 63',
      '30316465-6365-4463-ad63-3564622d363',
      '{30316465-6365-4463-ad63-3564622d3638}',
    ]) {
      assert.throws(() => reverseUid(uid), ConversionError);
    }
  });
});

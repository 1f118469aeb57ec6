import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { ownedEndpointsFromJson } from '../../../src/controller/endpoints/owned-endpoints-json.ts';
import type { TakeOverState } from '../../../src/controller/endpoints/take-over.ts';
import { TakeOvers } from '../../../src/controller/endpoints/take-overs.ts';
import { applied, mergePatch, object } from './fixture.ts';

const LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const MARK = 'fedsyncd.io/skip-mirror';
const SELECTOR = 'federation.tigera.io/serviceSelector';
const subsets = [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80, protocol: 'TCP' }] }];
const others = [{ addresses: [{ ip: '10.0.0.2' }], ports: [{ port: 80, protocol: 'TCP' }] }];

/** One service's Endpoints object as an API server holds it, what befalls it, and our steps in between. */
class Scene {
  json: JsonObject | undefined;
  accepted = true;
  readonly events: string[] = [];
  #takeOvers = this.#fresh();

  step(): TakeOverState {
    const actual = this.json && ownedEndpointsFromJson(this.json);
    const service = { namespace: 'shop', name: 'web' };
    const result = this.#takeOvers.step(service, actual, this.accepted);
    assert.equal(result.blocked, result.state === 'another-controller');
    assert.equal(result.reason !== '', result.blocked);
    const [edit] = result.edits;
    assert.equal(edit !== undefined, result.state === 'labelling');
    if (edit !== undefined) this.json = applied(edit, this.json);
    return result.state;
  }

  patch(patch: JsonObject): void {
    this.json = mergePatch(this.json, patch) as JsonObject;
  }

  restart(): void {
    this.#takeOvers = this.#fresh();
  }

  #fresh(): TakeOvers {
    return new TakeOvers({
      onAnotherController: (_, name, reason) => this.events.push(`${name}: ${reason}`),
    });
  }
}

/** What can befall the object. Each lets the scene go on from its present state. */
const befalls = {
  nothing: () => {},
  slicesNotAccepted: (scene: Scene) => (scene.accepted = false),
  deleted: (scene: Scene) => (scene.json = undefined),
  recreated: (scene: Scene) => (scene.json = object({ subsets, metadata: { uid: 'e-2' } })),
  /** By a controller that knows nothing but its own annotation. */
  replaced: (scene: Scene) => (scene.json = object({ subsets: others })),
  replacedBySame: (scene: Scene) => (scene.json = object({ subsets })),
  subsetsChanged: (scene: Scene) => scene.patch({ subsets: others }),
  selectorChanged: (scene: Scene) => scene.patch({ metadata: { annotations: { [SELECTOR]: 'all()' } } }),
  foreignLabel: (scene: Scene) =>
    scene.patch({ metadata: { labels: { team: 'x' }, annotations: { a: 'b' } } }),
  labelTaken: (scene: Scene) => scene.patch({ metadata: { labels: { [LABEL]: null } } }),
  labelPut: (scene: Scene) => scene.patch({ metadata: { labels: { [LABEL]: 'true' } } }),
  markTaken: (scene: Scene) => scene.patch({ metadata: { annotations: { [MARK]: null } } }),
  restart: (scene: Scene) => scene.restart(),
} as const;
type Befall = keyof typeof befalls;

/** The scene in each state. */
const scenes: Readonly<Record<TakeOverState, () => Scene>> = {
  none: () => new Scene(),
  foreign: () => Object.assign(new Scene(), { json: object({ subsets, annotations: {} }) }),
  waiting: () => Object.assign(new Scene(), { json: object({ subsets }), accepted: false }),
  labelling: () => Object.assign(new Scene(), { json: object({ subsets }) }),
  'taken-over': () => reach(scenes.labelling(), 'labelling'),
  'another-controller': () => {
    const scene = reach(reach(scenes.labelling(), 'labelling'), 'taken-over');
    befalls.subsetsChanged(scene);
    return scene;
  },
};

function reach(scene: Scene, state: TakeOverState): Scene {
  assert.equal(scene.step(), state);
  return scene;
}

/** The state after each thing befell a scene that stood in each state. */
const table: Readonly<Record<TakeOverState, Readonly<Record<Befall, TakeOverState>>>> = {
  none: {
    nothing: 'none',
    slicesNotAccepted: 'none',
    deleted: 'none',
    recreated: 'labelling',
    replaced: 'labelling',
    replacedBySame: 'labelling',
    subsetsChanged: 'none',
    selectorChanged: 'none',
    foreignLabel: 'none',
    labelTaken: 'none',
    labelPut: 'none',
    markTaken: 'none',
    restart: 'none',
  },
  foreign: {
    nothing: 'foreign',
    slicesNotAccepted: 'foreign',
    deleted: 'none',
    recreated: 'labelling',
    replaced: 'labelling',
    replacedBySame: 'labelling',
    subsetsChanged: 'foreign',
    selectorChanged: 'labelling',
    foreignLabel: 'foreign',
    labelTaken: 'foreign',
    labelPut: 'foreign',
    markTaken: 'foreign',
    restart: 'foreign',
  },
  waiting: {
    nothing: 'waiting',
    slicesNotAccepted: 'waiting',
    deleted: 'none',
    recreated: 'waiting',
    replaced: 'waiting',
    replacedBySame: 'waiting',
    subsetsChanged: 'waiting',
    selectorChanged: 'waiting',
    foreignLabel: 'waiting',
    labelTaken: 'waiting',
    labelPut: 'taken-over',
    markTaken: 'waiting',
    restart: 'waiting',
  },
  labelling: {
    nothing: 'labelling',
    slicesNotAccepted: 'waiting',
    deleted: 'none',
    recreated: 'labelling',
    replaced: 'labelling',
    replacedBySame: 'labelling',
    subsetsChanged: 'labelling',
    selectorChanged: 'labelling',
    foreignLabel: 'labelling',
    labelTaken: 'labelling',
    labelPut: 'taken-over',
    markTaken: 'labelling',
    restart: 'labelling',
  },
  'taken-over': {
    nothing: 'taken-over',
    slicesNotAccepted: 'taken-over',
    deleted: 'none',
    recreated: 'labelling',
    replaced: 'another-controller',
    replacedBySame: 'another-controller',
    subsetsChanged: 'another-controller',
    selectorChanged: 'another-controller',
    foreignLabel: 'taken-over',
    labelTaken: 'another-controller',
    labelPut: 'taken-over',
    markTaken: 'taken-over',
    restart: 'taken-over',
  },
  'another-controller': {
    nothing: 'another-controller',
    slicesNotAccepted: 'another-controller',
    deleted: 'none',
    recreated: 'labelling',
    replaced: 'another-controller',
    replacedBySame: 'another-controller',
    subsetsChanged: 'another-controller',
    selectorChanged: 'another-controller',
    foreignLabel: 'another-controller',
    labelTaken: 'another-controller',
    labelPut: 'another-controller',
    markTaken: 'taken-over',
    restart: 'another-controller',
  },
};

describe('take-over of an Endpoints object', () => {
  for (const [state, row] of Object.entries(table) as [TakeOverState, (typeof table)[TakeOverState]][]) {
    for (const [befall, expected] of Object.entries(row) as [Befall, TakeOverState][]) {
      it(`${state}, ${befall} → ${expected}`, () => {
        const scene = scenes[state]();
        // Seen once in its state, but for those whose step writes.
        if (state !== 'labelling') reach(scene, state);
        if (scene.json !== undefined || !/Changed|Taken|Put|Label/.test(befall)) befalls[befall](scene);
        assert.equal(scene.step(), expected);
      });
    }
  }

  it('labels once, marks that it was us, and keeps what is in the object', () => {
    const scene = scenes['taken-over']();
    const metadata = scene.json?.['metadata'] as JsonObject | undefined;
    const labels = metadata?.['labels'];
    const annotations = metadata?.['annotations'] as Record<string, string>;
    assert.deepEqual(labels, { [LABEL]: 'true' });
    assert.equal(annotations[MARK], 'true');
    assert.match(annotations['fedsyncd.io/skip-mirror-of'] ?? '', /^[0-9a-f]{16}$/);
    assert.deepEqual(scene.json?.['subsets'], subsets);
    const before = scene.json;
    assert.equal(scene.step(), 'taken-over');
    assert.equal(scene.json, before);
  });

  it('tells once that it stopped, and again when it stops again', () => {
    const scene = scenes['another-controller']();
    for (let i = 0; i < 3; i++) assert.equal(scene.step(), 'another-controller');
    assert.equal(scene.events.length, 1);
    assert.match(scene.events[0] ?? '', /^web: Endpoints shop\/web was rewritten/);
    befalls.labelTaken(scene);
    assert.equal(scene.step(), 'another-controller');
    befalls.labelPut(scene);
    // With other subsets than were labelled: labelled anew, so that a restart knows.
    assert.equal(scene.step(), 'labelling');
    assert.equal(scene.step(), 'taken-over');
    scene.restart();
    assert.equal(scene.step(), 'taken-over');
    befalls.labelTaken(scene);
    assert.equal(scene.step(), 'another-controller');
    assert.equal(scene.events.length, 2);
    assert.match(scene.events[1] ?? '', /lost the label/);
  });

  it('goes on where the label is put back, with or without our annotations', () => {
    const taken = reach(scenes['taken-over'](), 'taken-over');
    befalls.labelTaken(taken);
    reach(taken, 'another-controller');
    befalls.labelPut(taken);
    assert.equal(taken.step(), 'taken-over');
    const replaced = reach(scenes['taken-over'](), 'taken-over');
    befalls.replaced(replaced);
    reach(replaced, 'another-controller');
    befalls.labelPut(replaced);
    assert.equal(replaced.step(), 'taken-over');
    assert.equal(replaced.step(), 'taken-over');
  });

  it('goes on where the rewrite is undone', () => {
    const scene = reach(scenes['another-controller'](), 'another-controller');
    scene.patch({ subsets });
    assert.equal(scene.step(), 'taken-over');
  });

  it('does not fight a controller that throws our annotation away and keeps the label', () => {
    const scene = reach(scenes['taken-over'](), 'taken-over');
    scene.patch({ subsets: others, metadata: { annotations: { [MARK]: null } } });
    for (let i = 0; i < 3; i++) assert.equal(scene.step(), 'another-controller');
  });

  it('waits while the object is being deleted', () => {
    const scene = scenes.labelling();
    scene.patch({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
    assert.equal(scene.step(), 'none');
  });
});

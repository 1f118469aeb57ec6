import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../src/runtime/clock.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';
import { ControllerFixture, edit, explanation, plan } from './controller-fixture.ts';
import { FleetFixture, lister } from './fleet-fixture.ts';

function newTelemetry(): Telemetry {
  return new Telemetry({ version: '1.2.3', interfacePrefix: 'cali', logLevel: 'silent', clock: systemClock });
}

const ANYWHERE = { host: '127.0.0.1', port: 0 };

interface Answered {
  readonly status: number;
  readonly body: { readonly error?: string };
}

async function get(base: string, path: string, method = 'GET'): Promise<Answered> {
  const response = await fetch(`${base}${path}`, { method });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answered['body'] };
}

describe('what the ops server says of the controller', () => {
  const telemetry = newTelemetry();
  const controller = new ControllerFixture();
  let base = '';

  before(async () => {
    const engine = { fleet: new FleetFixture(), lister: lister(), controller };
    base = `http://${await telemetry.start(ANYWHERE, engine)}`;
  });
  after(() => telemetry.close());
  beforeEach(() => controller.asked.splice(0));

  it('/plan is the plan for now', async () => {
    controller.document = plan({ edits: [edit()] });
    const { status, body } = await get(base, '/plan');
    assert.equal(status, 200);
    assert.deepEqual(body, controller.document);
    assert.deepEqual(controller.asked, [undefined]);
  });

  it('/plan?without= names a cluster, as it is', async () => {
    const { status, body } = await get(base, '/plan?without=prod-eu.east%2F1');
    assert.equal(status, 200);
    assert.deepEqual(controller.asked, ['prod-eu.east/1']);
    assert.equal((body as unknown as { without: string }).without, 'prod-eu.east/1');
  });

  it('/plan?without= without a name is a mistake', async () => {
    const { status, body } = await get(base, '/plan?without=');
    assert.equal(status, 400);
    assert.equal(body.error, 'the parameter "without" names no cluster');
    assert.deepEqual(controller.asked, []);
  });

  it('/explain?service= is the explanation of that service', async () => {
    controller.services.set('shop/cart', explanation());
    const { status, body } = await get(base, '/explain?service=shop%2Fcart');
    assert.equal(status, 200);
    assert.deepEqual(body, explanation());
  });

  it('/explain?service= says that there is no such service', async () => {
    const { status, body } = await get(base, '/explain?service=shop/none');
    assert.equal(status, 404);
    assert.equal(body.error, 'the local cluster has no Service shop/none');
  });

  it('/explain?service= refuses what is no name, naming it', async () => {
    for (const query of ['cart', 'shop/', '/cart', 'a/b/c', '']) {
      const { status, body } = await get(base, `/explain?service=${encodeURIComponent(query)}`);
      assert.equal(status, 400, query);
      assert.equal(body.error, `the parameter "service" is not NAMESPACE/NAME: ${JSON.stringify(query)}`);
    }
    const long = await get(base, `/explain?service=${'x'.repeat(5000)}`);
    assert.ok((long.body.error ?? '').length < 200, 'no echo of everything');
  });

  it('nothing is written by any of them', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      assert.equal((await get(base, '/plan', method)).status, 405, method);
    }
    assert.deepEqual(controller.asked, []);
  });
});

describe('without a controller', () => {
  const telemetry = newTelemetry();
  let base = '';
  before(async () => {
    base = `http://${await telemetry.start(ANYWHERE, { fleet: new FleetFixture(), lister: lister() })}`;
  });
  after(() => telemetry.close());

  it('/plan and /explain?service= say how to get one', async () => {
    for (const path of ['/plan', '/plan?without=east', '/explain?service=shop/cart']) {
      const { status, body } = await get(base, path);
      assert.equal(status, 404, path);
      assert.match(body.error ?? '', /no controller runs .* --controllers federated-services starts one/);
    }
    assert.equal(
      (await get(base, '/explain?ip=10.1.2.3')).status,
      200,
      'addresses are explained all the same',
    );
  });
});

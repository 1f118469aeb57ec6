import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { type ApiRoute, routeOf } from '../../../src/feed/api/api-route.ts';
import { parseTarget } from '../../../src/feed/api/request-target.ts';
import { check } from '../../model/property.ts';

/** `view resource namespace name`, `document path`, `none`. */
function shown(path: string): string {
  const target = parseTarget(path);
  if (typeof target === 'string') return target;
  return text(routeOf(target.segments));
}

function text(route: ApiRoute): string {
  if (route.kind === 'none') return 'none';
  if (route.kind === 'health') return `health ${route.check}`;
  const view = route.view.view === 'merged' ? 'merged' : `cluster:${route.view.cluster}`;
  if (route.kind === 'document') return `${view} document ${route.path}`;
  return `${view} ${route.resource.plural} ${route.namespace ?? '*'} ${route.name ?? '*'}`;
}

const ROUTES: Readonly<Record<string, string>> = {
  '/': 'merged document /',
  '/healthz': 'health healthz',
  '/livez': 'health livez',
  '/readyz?verbose': 'health readyz',
  '/readyz/ping': 'none',
  '/version': 'merged document /version',
  '/version/': 'merged document /version',
  '/api': 'merged document /api',
  '/api/v1': 'merged document /api/v1',
  '/api/v2/services': 'none',
  '/apis': 'merged document /apis',
  '/apis/discovery.k8s.io': 'merged document /apis/discovery.k8s.io',
  '/apis/discovery.k8s.io/v1': 'merged document /apis/discovery.k8s.io/v1',
  '/openapi/v2': 'merged document /openapi/v2',
  '/openapi/v3/apis/projectcalico.org/v3': 'merged document /openapi/v3/apis/projectcalico.org/v3',
  '/api/v1/services': 'merged services * *',
  '/api/v1/namespaces': 'merged namespaces * *',
  '/api/v1/namespaces/shop': 'merged namespaces * shop',
  '/api/v1/namespaces/shop/services': 'merged services shop *',
  '/api/v1/namespaces/shop/services/east.web': 'merged services shop east.web',
  '/api/v1/namespaces/shop/services/east.web/status': 'none',
  '/api/v1/namespaces/shop/status': 'none',
  '/api/v1/services/web': 'none',
  '/api/v1/endpointslices': 'none',
  '/api/v1/constructor': 'none',
  '/api/v1/watch/services': 'none',
  '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/x': 'merged endpointslices shop x',
  '/apis/discovery.k8s.io/v1beta1/endpointslices': 'none',
  '/apis/projectcalico.org/v3/hostendpoints/h': 'merged hostendpoints * h',
  '/apis/projectcalico.org/v3/namespaces/shop/hostendpoints': 'none',
  '/apis/fedsyncd.io/v1alpha1/remoteclusters': 'merged remoteclusters * *',
  '/clusters': 'none',
  '/clusters/east': 'cluster:east document /',
  '/clusters/east/api/v1/services': 'cluster:east services * *',
  '/clusters/a%2Eb/apis/projectcalico.org/v3/namespaces/shop/workloadendpoints/x':
    'cluster:a.b workloadendpoints shop x',
  '/clusters/east/clusters/west/api/v1/services': 'none',
  '/clusters/east%2F..%2Fwest/api/v1/services': 'no such path',
  '/clusters/east/../west/api/v1/services': 'no such path',
  '/clusters/east/%2e%2e/west/api/v1/services': 'no such path',
  '/clusters//api/v1/services': 'no such path',
  '//api/v1/services': 'no such path',
  '/api/v1/namespaces/%zz/services': 'malformed',
  '/api/v1/namespaces/%C3%A9/services': 'merged services é *',
  'http://feed.example:8080/api/v1/services?limit=5': 'merged services * *',
  'http://feed.example': 'merged document /',
  'ftp://feed.example/api': 'malformed',
  '*': 'malformed',
  '': 'malformed',
  '/metrics': 'none',
};

describe('api route', () => {
  it('names what a path stands for', () => {
    for (const [path, expected] of Object.entries(ROUTES)) assert.equal(shown(path), expected, path);
  });

  it('keeps the view of every path below /clusters/NAME', () => {
    check(
      fc.property(
        fc.array(fc.constantFrom('api', 'apis', 'v1', 'services', 'namespaces', 'clusters', 'west', '..'), {
          maxLength: 8,
        }),
        (rest) => {
          const route = routeOf(['clusters', 'east', ...rest]);
          if (route.kind === 'document' || route.kind === 'objects') {
            assert.deepEqual(route.view, { view: 'cluster', cluster: 'east' });
          }
        },
      ),
    );
  });

  it('reads any target without an exception', () => {
    check(
      fc.property(fc.oneof(fc.string(), fc.webPath(), fc.webUrl()), (target) => {
        const parsed = parseTarget(target);
        if (typeof parsed === 'string') return;
        for (const segment of parsed.segments) assert.ok(!['', '.', '..'].includes(segment));
        routeOf(parsed.segments);
      }),
    );
  });
});

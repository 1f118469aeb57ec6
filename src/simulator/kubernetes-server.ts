import type { Clock } from '../runtime/clock.ts';
import { KubernetesContext } from './kubernetes-context.ts';
import type { KubernetesBehaviour } from './kubernetes-context.ts';
import { contentType, objectEnvelope } from './kubernetes-frames.ts';
import { answerList } from './kubernetes-list.ts';
import { isFailure, parseApiRequest } from './kubernetes-request.ts';
import type { ApiRequest } from './kubernetes-request.ts';
import { apiGroups, discovery } from './kubernetes-resources.ts';
import { failure, notFound, statusObject } from './kubernetes-status.ts';
import type { ApiFailure } from './kubernetes-status.ts';
import { answerWatch } from './kubernetes-watch.ts';
import type { KubernetesWatch } from './kubernetes-watch.ts';
import { Listener } from './listener.ts';
import type { Request, Response, ServerTls } from './listener.ts';
import type { CalicoGroup, WorldResource } from './world-items.ts';
import type { World } from './world.ts';

export interface KubernetesServerOptions {
  readonly world: World;
  readonly clock: Clock;
  readonly tls?: ServerTls | undefined;
  /** The bearer token that requests must carry; '' = none needed. */
  readonly token?: string | undefined;
  /** Calico's API groups that are installed. Default: `crd.projectcalico.org/v1` only. */
  readonly calicoGroups?: readonly CalicoGroup[] | undefined;
  readonly behaviour?: Partial<KubernetesBehaviour> | undefined;
}

const DEFAULTS: KubernetesBehaviour = {
  bookmarkIntervalMs: 60_000,
  watchList: true,
  goneAs: 'event',
  watchTimeoutMs: 1_800_000,
  keepEncoded: false,
};

const VERSION = { major: '1', minor: '34', gitVersion: 'v1.34.1', platform: 'linux/amd64' };

/** A read-only Kubernetes API server over a simulated cluster, for one port. */
export class KubernetesServer {
  readonly listener: Listener;
  readonly behaviour: KubernetesBehaviour;
  /** Answered with 403. */
  readonly forbidden = new Set<WorldResource>();
  /** Installed Calico API groups; may be changed at any time. */
  readonly calicoGroups: Set<CalicoGroup>;
  token: string;
  #busy = 0;
  readonly #context: KubernetesContext;
  readonly #watches = new Set<KubernetesWatch>();

  constructor(options: KubernetesServerOptions) {
    this.behaviour = { ...DEFAULTS, ...options.behaviour };
    this.token = options.token ?? '';
    this.calicoGroups = new Set(options.calicoGroups ?? ['crd.projectcalico.org/v1']);
    const handle = (request: Request, response: Response): void => this.#handle(request, response);
    this.listener = new Listener({ type: 'requests', handle }, options.tls);
    this.#context = new KubernetesContext(
      options.world,
      options.clock,
      this.behaviour,
      () => this.listener.frozen,
    );
  }

  /** Watches that are open now. */
  get watches(): number {
    return this.#watches.size;
  }

  /** The next `count` requests for objects are answered with 429 and Retry-After: 1. */
  refuseNext(count: number): void {
    this.#busy = count;
  }

  /** Ends every open watch in the ordinary way, as a server does after 30 to 60 minutes. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
  }

  unfreeze(): void {
    this.listener.unfreeze();
    for (const watch of this.#watches) watch.pump();
  }

  #handle(request: Request, response: Response): void {
    // A reader that goes away in the middle is everyday life here.
    response.on('error', () => undefined);
    request.resume();
    const url = URL.parse(request.url ?? '/', 'http://127.0.0.1');
    if (url === null) {
      fail(response, failure(400, 'BadRequest', 'the request target is not a URL'));
      return;
    }
    if (this.token !== '' && request.headers.authorization !== `Bearer ${this.token}`) {
      fail(response, failure(401, 'Unauthorized', 'Unauthorized'));
      return;
    }
    if (request.method !== 'GET') {
      fail(
        response,
        failure(405, 'MethodNotAllowed', 'the server does not allow this method on the resource'),
      );
      return;
    }
    const plain = this.#plainAnswer(url.pathname);
    if (plain !== undefined) {
      const type = typeof plain === 'string' ? 'text/plain' : 'application/json';
      response.writeHead(200, { 'content-type': type });
      response.end(typeof plain === 'string' ? plain : JSON.stringify(plain));
      return;
    }
    const problem = this.#answer(url, request.headers.accept ?? '', response);
    if (problem) fail(response, problem);
  }

  #plainAnswer(path: string): string | object | undefined {
    if (path === '/livez' || path === '/readyz' || path === '/healthz') return 'ok';
    if (path === '/version') return VERSION;
    return discovery(path, apiGroups(this.calicoGroups));
  }

  #answer(url: URL, accept: string, response: Response): ApiFailure | undefined {
    const request = parseApiRequest(url, accept, apiGroups(this.calicoGroups), (resource, key) =>
      this.#context.labelsOf(resource, key),
    );
    if (isFailure(request)) return request;
    if (this.#busy > 0) {
      this.#busy--;
      return failure(429, 'TooManyRequests', 'the server has received too many requests');
    }
    if (this.forbidden.has(request.resource.resource)) return forbidden(request);
    if (request.name !== undefined) return this.#answerGet(request, response);
    const watch = request.query.get('watch');
    return watch === 'true' || watch === '1'
      ? answerWatch(this.#context, request, response, this.#watches)
      : answerList(this.#context, request, response);
  }

  #answerGet(request: ApiRequest, response: Response): ApiFailure | undefined {
    const { resource, namespace, name = '', format } = request;
    const key = namespace === '' ? name : `${namespace}/${name}`;
    const item = this.#context.table(resource).get(key);
    if (item === undefined) {
      return { ...notFound(), message: `${resource.resource} "${name}" not found` };
    }
    const bytes = this.#context.encode(resource, item, format);
    const { head, tail } = objectEnvelope(resource, bytes.length, format);
    response.writeHead(200, { 'content-type': contentType(format, false) });
    response.end(Buffer.concat([head, format === 'json' ? bytes.subarray(1) : bytes, tail]));
    return undefined;
  }
}

function forbidden({ resource }: ApiRequest): ApiFailure {
  const group = resource.groupVersion.includes('/') ? (resource.groupVersion.split('/')[0] ?? '') : '';
  return failure(
    403,
    'Forbidden',
    `${resource.resource} is forbidden: User "remote-reader" cannot list resource "${resource.resource}" in API group "${group}" at the cluster scope`,
  );
}

function fail(response: Response, problem: ApiFailure): void {
  const retry = problem.code === 429 ? { 'retry-after': '1' } : {};
  response.writeHead(problem.code, { 'content-type': 'application/json', ...retry });
  response.end(JSON.stringify(statusObject(problem)));
}

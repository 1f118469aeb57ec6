import type { ControllerView } from '../contract/controller-view.ts';
import type { FleetStatus } from '../contract/cluster-status.ts';
import type { Lister } from '../contract/lister.ts';
import type { Clock } from '../runtime/clock.ts';
import { explainDocument } from './explain-document.ts';
import { liveness, readiness } from './health.ts';
import type { HealthAnswer } from './health.ts';
import type { Metrics } from './metrics.ts';
import { statusDocument } from './status-document.ts';
import { STATUS_PAGE_CSP, statusPage } from './status-page.ts';
import type { StatusDocument } from '../contract/ops-documents.ts';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly contentSecurityPolicy?: string;
}

export interface OpsContext {
  readonly version: string;
  readonly interfacePrefix: string;
  readonly fleet: FleetStatus;
  readonly lister: Lister;
  /** Loaded with the first scrape: the ops server answers sooner after a start. */
  readonly metrics: () => Promise<Pick<Metrics, 'contentType' | 'render'>>;
  readonly clock: Clock;
  readonly eventLoopLagSeconds: () => number;
  /** Absent where no controller runs. */
  readonly controller?: ControllerView | undefined;
}

type Route = (context: OpsContext, query: URLSearchParams) => Answer | Promise<Answer>;

const ROUTES: Readonly<Record<string, Route>> = {
  '/': (context) => ({
    status: 200,
    contentType: 'text/html; charset=utf-8',
    body: statusPage(statusOf(context)),
    contentSecurityPolicy: STATUS_PAGE_CSP,
  }),
  '/status': (context) => json(200, statusOf(context)),
  '/explain': explain,
  '/plan': plan,
  '/metrics': async (context) => {
    const metrics = await context.metrics();
    return { status: 200, contentType: metrics.contentType, body: await metrics.render() };
  },
  '/liveness': ({ eventLoopLagSeconds }) => health(liveness(eventLoopLagSeconds())),
  '/readiness': ({ fleet }) => health(readiness(fleet)),
};

/** The paths that the ops server answers. */
export const OPS_PATHS: readonly string[] = Object.keys(ROUTES);

/** The answer to a GET of a path. Reads only: nothing here changes or connects anything. */
export async function answer(context: OpsContext, path: string, query: URLSearchParams): Promise<Answer> {
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  return route === undefined ? json(404, { error: 'not found', paths: OPS_PATHS }) : route(context, query);
}

export function json(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` };
}

function health({ ok, text }: HealthAnswer): Answer {
  return { status: ok ? 200 : 503, contentType: 'text/plain; charset=utf-8', body: text };
}

function statusOf({ version, fleet, lister, clock }: OpsContext): StatusDocument {
  return statusDocument(fleet, { version, now: clock.now(), revision: lister.revision });
}

function explain(context: OpsContext, query: URLSearchParams): Answer {
  const service = query.get('service');
  if (service !== null) return explainService(context, service);
  const ip = query.get('ip');
  if (ip === null) {
    return json(400, {
      error: 'a parameter is missing: /explain?ip=10.0.0.1 or /explain?service=NAMESPACE/NAME',
    });
  }
  const document = explainDocument(ip, context);
  if (document !== undefined) return json(200, document);
  return json(400, { error: `the parameter "ip" is not an IP address: ${JSON.stringify(ip.slice(0, 100))}` });
}

function explainService({ controller }: OpsContext, query: string): Answer {
  if (controller === undefined) return json(404, NO_CONTROLLER);
  const [namespace = '', name = '', ...rest] = query.split('/');
  if (namespace === '' || name === '' || rest.length > 0) {
    const shown = JSON.stringify(query.slice(0, 100));
    return json(400, { error: `the parameter "service" is not NAMESPACE/NAME: ${shown}` });
  }
  const document = controller.explain(namespace, name);
  if (document !== undefined) return json(200, document);
  return json(404, { error: `the local cluster has no Service ${namespace}/${name}` });
}

async function plan({ controller }: OpsContext, query: URLSearchParams): Promise<Answer> {
  if (controller === undefined) return json(404, NO_CONTROLLER);
  const without = query.get('without') ?? undefined;
  if (without === '') return json(400, { error: 'the parameter "without" names no cluster' });
  return json(200, await controller.plan({ without }));
}

const NO_CONTROLLER = {
  error: 'no controller runs in this daemon; --controllers federated-services starts one',
};

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
  const ip = query.get('ip');
  if (ip === null) return json(400, { error: 'the parameter "ip" is missing: /explain?ip=10.0.0.1' });
  const document = explainDocument(ip, context);
  if (document !== undefined) return json(200, document);
  return json(400, { error: `the parameter "ip" is not an IP address: ${JSON.stringify(ip.slice(0, 100))}` });
}

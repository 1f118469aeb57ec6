import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One request, from the audit log of an API server. */
export interface Audited {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string; readonly groups?: readonly string[] };
  readonly objectRef?: {
    readonly resource: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
}

const POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};
const DAEMON = 'system:serviceaccount:calico-system:fedsyncd';
const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** What an API server was asked, by whom: it writes each request down before it answers. */
export class AuditLog {
  readonly args: readonly string[];
  readonly #file: string;

  private constructor(file: string, policy: string) {
    this.#file = file;
    this.args = [`--audit-policy-file=${policy}`, `--audit-log-path=${file}`, '--audit-log-mode=blocking'];
  }

  static async open(directory: string): Promise<AuditLog> {
    const policy = join(directory, 'policy.json');
    await writeFile(policy, JSON.stringify(POLICY));
    return new AuditLog(join(directory, 'audit.log'), policy);
  }

  /** Requests of one account since a place in the log, the daemons' unless told. */
  async since(place: number, account = DAEMON): Promise<readonly Audited[]> {
    const text = (await readFile(this.#file)).subarray(place).toString('utf8');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Audited)
      .filter(({ user }) => user.username === account);
  }

  /** Where the log ends now. */
  async place(): Promise<number> {
    return (await readFile(this.#file)).length;
  }

  /** Writes of the daemon since a place, Leases apart: `create endpointslices ns/name 201`. */
  async writesSince(place: number): Promise<readonly string[]> {
    return (await this.since(place))
      .filter((request) => isWrite(request) && request.objectRef?.resource !== 'leases')
      .map(({ verb, objectRef, responseStatus }) => {
        const { resource = '', namespace = '', name = '' } = objectRef ?? {};
        return `${verb} ${resource} ${namespace}/${name} ${responseStatus?.code ?? ''}`;
      });
  }
}

export function isWrite({ verb }: Audited): boolean {
  return WRITES.has(verb);
}

/** The beginning of a list, or of a watch that starts with one. */
export function isList({ verb, requestURI, stage }: Audited): boolean {
  if (verb === 'list') return true;
  return verb === 'watch' && stage === 'ResponseStarted' && requestURI.includes('sendInitialEvents=true');
}

import { resolveContent, resolvePath } from './content.ts';
import type { Credential } from './endpoint.ts';
import { resolveExec } from './kubeconfig-exec.ts';
import type { ClusterEntry } from './kubeconfig-cluster.ts';
import type { Fields } from './fields.ts';
import { certificateProblem, headerProblem, keyPairProblem } from './pem.ts';
import { readTextFile } from './read-file.ts';

/** The `user` entry of a kubeconfig, with its files read. */
export interface UserEntry {
  /** Both or neither; '' = none. */
  readonly cert: string;
  readonly key: string;
  readonly credential: Credential;
  readonly impersonation: Readonly<Record<string, string | readonly string[]>>;
}

/** What the RCC's k8s* fields put in place of an entry's own values; undefined = the entry's own holds. */
export interface UserOverride {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly token: string | undefined;
}

export const NO_USER_OVERRIDE: UserOverride = { cert: undefined, key: undefined, token: undefined };

/**
 * @param cluster for exec plugins that want to know it.
 * @param files takes the paths that were read.
 * @throws DatastoreError of reaction `config`
 */
export async function resolveUser(
  fields: Fields,
  override: UserOverride,
  cluster: ClusterEntry,
  files: Set<string>,
): Promise<UserEntry> {
  return {
    ...(await keyPair(fields, override, files)),
    credential:
      override.token === undefined
        ? await ownCredential(fields, cluster)
        : { type: 'token', token: override.token },
    impersonation: impersonationOf(fields),
  };
}

async function keyPair(
  fields: Fields,
  override: UserOverride,
  files: Set<string>,
): Promise<{ cert: string; key: string }> {
  const certificate = override.cert ?? (await resolveContent(fields, 'client-certificate', files));
  const privateKey = override.key ?? (await resolveContent(fields, 'client-key', files));
  const cert = textOf(certificate);
  const key = textOf(privateKey);
  if (cert === '' && key === '') return { cert, key };
  if (cert === '') throw fields.error('client-certificate', 'is missing next to a client key');
  if (key === '') throw fields.error('client-key', 'is missing next to a client certificate');
  const certField = typeof certificate === 'object' ? certificate.field : 'k8sCertFile';
  const keyField = typeof privateKey === 'object' ? privateKey.field : 'k8sKeyFile';
  const problem = certificateProblem(cert);
  if (problem !== undefined) throw fields.error(certField, problem);
  const mismatch = keyPairProblem(cert, key);
  if (mismatch !== undefined) throw fields.error(keyField, mismatch);
  return { cert, key };
}

function textOf(value: string | { readonly text: string } | undefined): string {
  return typeof value === 'object' ? value.text : (value ?? '');
}

/** As client-go ranks them: a token or token file before exec; the token file before the static token. */
async function ownCredential(fields: Fields, cluster: ClusterEntry): Promise<Credential> {
  const token = fields.has('token') || fields.has('tokenFile');
  const basic = fields.has('username') || fields.has('password');
  if (token && basic) throw fields.error('token', 'and username/password exclude each other');
  if (fields.has('exec') && basic) throw fields.error('exec', 'and username/password exclude each other');
  if (fields.has('tokenFile')) return tokenFile(fields);
  if (token) return { type: 'token', token: checkedToken(fields, 'token', fields.string('token')) };
  if (basic) return basicOf(fields);
  if (fields.has('exec')) return { type: 'exec', plugin: resolveExec(fields.mapping('exec'), cluster) };
  if (fields.has('auth-provider')) {
    throw fields.error(
      'auth-provider',
      'is not supported: Kubernetes itself removed it in 1.26; use exec or a service account token',
    );
  }
  return { type: 'none' };
}

async function tokenFile(fields: Fields): Promise<Credential> {
  const path = resolvePath(fields, 'tokenFile');
  const where = `${fields.place.origin}: ${fields.path('tokenFile')}`;
  checkedToken(fields, 'tokenFile', await readTextFile(path, where));
  return { type: 'tokenFile', path };
}

function basicOf(fields: Fields): Credential {
  const username = fields.string('username');
  if (username === '' || username.includes(':')) throw fields.error('username', 'is empty or has a colon');
  return { type: 'basic', username, password: fields.string('password') };
}

function checkedToken(fields: Fields, name: string, value: string): string {
  const token = value.trim();
  const problem = token === '' ? 'is empty' : headerProblem(token);
  if (problem !== undefined) throw fields.error(name, problem);
  return token;
}

function impersonationOf(fields: Fields): UserEntry['impersonation'] {
  const headers: Record<string, string | readonly string[]> = {};
  if (fields.has('as')) headers['impersonate-user'] = fields.string('as');
  if (fields.has('as-uid')) headers['impersonate-uid'] = fields.string('as-uid');
  const groups = fields.strings('as-groups');
  if (groups.length > 0) headers['impersonate-group'] = groups;
  const extra = fields.mapping('as-user-extra');
  for (const name of extra.keys()) {
    headers[`impersonate-extra-${encodeURIComponent(name.toLowerCase())}`] = extra.strings(name);
  }
  const bad = Object.values(headers)
    .flat()
    .some((value) => headerProblem(value) !== undefined);
  if (bad) throw fields.error('as', 'or a field next to it is empty or holds characters no header can carry');
  if (Object.keys(headers).length > 0 && !fields.has('as')) {
    throw fields.error('as', 'is missing next to as-uid, as-groups or as-user-extra');
  }
  return headers;
}

/** What a request line names. */
export interface RequestTarget {
  /** Decoded segments; none for `/`. No segment is empty, `.` or `..`. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

/** Why a target cannot be read: not what a URL may be, or a path that nothing can be at. */
export type TargetProblem = 'malformed' | 'no such path';

/** Longest segment that is looked at; no name in Kubernetes is longer than 253. */
const MAX_SEGMENT = 512;

/** Reads the target of an HTTP request: a path with a query, or an absolute URL, as proxies send it. */
export function parseTarget(text: string): RequestTarget | TargetProblem {
  const local = localPart(text);
  if (local === undefined) return 'malformed';
  const question = local.indexOf('?');
  const path = question < 0 ? local : local.slice(0, question);
  const query = new URLSearchParams(question < 0 ? '' : local.slice(question + 1));
  const segments = decodedSegments(path);
  return typeof segments === 'string' ? segments : { segments, query };
}

/** From the first `/` of the path on, without a fragment. */
function localPart(text: string): string | undefined {
  const hash = text.indexOf('#');
  const target = hash < 0 ? text : text.slice(0, hash);
  if (target.startsWith('/')) return target;
  const absolute = /^https?:\/\/[^/?]+([/?].*)?$/i.exec(target);
  if (absolute === null) return undefined;
  const rest = absolute[1] ?? '/';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function decodedSegments(path: string): readonly string[] | TargetProblem {
  const raw = path.split('/').slice(1);
  // One slash at the end means the same path.
  if (raw.at(-1) === '') raw.pop();
  const segments: string[] = [];
  for (const part of raw) {
    const segment = decode(part);
    if (segment === undefined) return 'malformed';
    if (segment === '' || segment === '.' || segment === '..' || segment.includes('/')) return 'no such path';
    if (segment.length > MAX_SEGMENT) return 'no such path';
    segments.push(segment);
  }
  return segments;
}

function decode(part: string): string | undefined {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const SINGLE_LABEL = new RegExp(`^${LABEL}$`);

const MAX_SUBDOMAIN = 253;
const MAX_LABEL = 63;

/**
 * What is wrong with the name of a cluster-scoped object or a Secret, or undefined: a DNS-1123 subdomain of at
 * most 253 characters (the rule of Kubernetes and of Calico's validator; dots are allowed, `/` never).
 */
export function subdomainProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > MAX_SUBDOMAIN)
    return `has ${name.length} characters; at most ${MAX_SUBDOMAIN} are allowed`;
  if (SUBDOMAIN.test(name)) return undefined;
  return 'must be a DNS-1123 subdomain: lower-case letters, digits, "-" and ".", each part starting and ending with a letter or digit';
}

/** Likewise for a namespace: one DNS-1123 label of at most 63 characters. */
export function labelProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > MAX_LABEL) return `has ${name.length} characters; at most ${MAX_LABEL} are allowed`;
  if (SINGLE_LABEL.test(name)) return undefined;
  return 'must be a DNS-1123 label: lower-case letters, digits and "-", starting and ending with a letter or digit';
}

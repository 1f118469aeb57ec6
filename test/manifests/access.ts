import type { KubeApiserver } from '../rig/kube-apiserver.ts';

/** Asks the API server, in `kubectl auth can-i`, what an account may: `resource.group`, `resource/name`. */
export function mayOf(
  server: KubeApiserver,
  account: string,
): (verb: string, resource: string, namespace?: string) => Promise<boolean> {
  return async (verb, resource, namespace) => {
    const where = namespace === undefined ? ['--all-namespaces'] : ['--namespace', namespace];
    const result = await server.tryKubectl(['auth', 'can-i', verb, resource, `--as=${account}`, ...where]);
    return result.stdout.trim() === 'yes';
  };
}

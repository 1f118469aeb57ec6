import type { Told } from './reader.ts';

/** Equal for two deliveries of one state. */
export function text({ op, name, resourceVersion }: Told): string {
  return `${op} ${name} ${resourceVersion}`;
}

/** A Kubernetes pod changes once more on its way out, and then looks to us as it did before. */
export function withoutRepeats(all: readonly Told[]): string[] {
  const last = new Map<string, number>();
  return all.flatMap(({ op, name, version }) => {
    if (op === 'put' && last.get(name) === version) return [];
    last.set(name, version);
    return [`${op} ${name} ${version}`];
  });
}

/** What an object is known by, without its content. */
export function identity(id: Told['id']): unknown {
  if (id === undefined || !('workload' in id)) return id;
  const { namespace, node, orchestrator, workload, endpoint } = id;
  return { namespace, node, orchestrator, workload, endpoint };
}

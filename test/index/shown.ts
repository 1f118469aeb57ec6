import type { Found } from '../../src/contract/lister.ts';
import { content } from './index-model.ts';

/** All that is promised of a found object, as text: an endpoint's time is kept to the second. */
export function shown({ cluster, entry, since, revision }: Found): string {
  const seconds = entry.kind === 'WorkloadEndpoint' ? Math.floor(since / 1000) * 1000 : since;
  return `${cluster} ${revision} ${seconds} ${content(entry)} ${entry.resourceVersion}`;
}

export const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

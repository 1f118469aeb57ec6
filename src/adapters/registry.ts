import type { Adapter, DatastoreOptions, PreparedDatastore } from '../contract/adapter.ts';
import type { ClusterAccess, DatastoreType } from '../model/rcc.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';

/** What adapters take from the process that they run in. */
export interface AdapterHost {
  readonly clock: Clock;
  readonly random: Random;
  /** For exec credential plugins and in-cluster access. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface Registration {
  readonly type: DatastoreType;
  readonly serves: (access: ClusterAccess) => boolean;
  /** Imported when first needed: a fleet of one type does not pay for the others. */
  readonly load: (host: AdapterHost) => Promise<Adapter>;
}

/** Every datastore type. A new one is a folder beside this file and a line here. */
const TABLE: readonly Registration[] = [
  {
    type: 'etcdv3',
    serves: (access) => access.datastoreType === 'etcdv3' && access.etcd !== undefined,
    load: async ({ clock }) => new (await import('./etcdv3/adapter.ts')).EtcdAdapter(clock),
  },
  {
    type: 'kubernetes',
    serves: (access) => access.kubernetes !== undefined,
    load: async ({ clock, random, environment }) => {
      const [{ KubernetesAdapter }, { standardHost }] = await Promise.all([
        import('./kubernetes/adapter.ts'),
        import('./kubernetes/host.ts'),
      ]);
      return new KubernetesAdapter({ ...standardHost, clock, random, environment });
    },
  },
  {
    type: 'file',
    serves: (access) => access.datastoreType === 'file',
    load: async ({ clock }) => new (await import('./file/adapter.ts')).FileAdapter(clock),
  },
];

/** All adapters, each loaded with its first `prepare`. An etcdv3 access with Kubernetes fields is served by two. */
export function adapters(host: AdapterHost): readonly Adapter[] {
  return TABLE.map(({ type, serves, load }) => {
    let loading: Promise<Adapter> | undefined;
    return {
      type,
      serves,
      prepare: async (access: ClusterAccess, options: DatastoreOptions): Promise<PreparedDatastore> => {
        loading ??= load(host);
        return (await loading).prepare(access, options);
      },
    };
  });
}

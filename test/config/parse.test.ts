import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { daemonConfig } from '../../src/config/daemon-config.ts';
import type { DaemonConfig } from '../../src/config/daemon-config.ts';
import type { CommandName } from '../../src/config/option.ts';
import { parseOptions } from '../../src/config/parse.ts';
import type { Values } from '../../src/config/parse.ts';
import type { Environment } from '../../src/config/environment.ts';

function values(
  argv: readonly string[],
  environment: Environment = {},
  command: CommandName = 'run',
): Values {
  const parsed = parseOptions(command, argv, environment);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problems.join('\n'));
  return parsed.values;
}

function problems(
  argv: readonly string[],
  environment: Environment = {},
  command: CommandName = 'run',
): string {
  const parsed = parseOptions(command, argv, environment);
  assert.ok(!parsed.ok, 'expected problems');
  return parsed.problems.join('\n');
}

function config(argv: readonly string[], environment: Environment = {}): DaemonConfig {
  const result = daemonConfig(values(argv, environment), '1.2.3');
  assert.ok(result.ok, result.ok ? '' : result.problems.join('\n'));
  return result.config;
}

describe('options', () => {
  it('a flag beats its variable, that beats the default', () => {
    const environment = { FEDSYNCD_STALE_AFTER: '2m', FEDSYNCD_LOG_LEVEL: 'warn' };
    const read = values(['--stale-after=90s'], environment);
    assert.equal(read['stale-after'], 90_000);
    assert.equal(read['log-level'], 'warn');
    assert.equal(read['idle-timeout'], 90_000);
  });

  it('lists mix repeated flags and commas; variables take commas', () => {
    assert.deepEqual(values(['--rcc-source', 'kubernetes', '--rcc-source=directory,etcdv3'])['rcc-source'], [
      'kubernetes',
      'directory',
      'etcdv3',
    ]);
    assert.deepEqual(
      values([], { FEDSYNCD_EXCLUDE_NAMESPACES: 'kube-system, calico-system' })['exclude-namespaces'],
      ['kube-system', 'calico-system'],
    );
    assert.deepEqual(values(['--inspect', 'a=/x', '--inspect', 'b.c=/y=z'])['inspect'], [
      { name: 'a', directory: '/x' },
      { name: 'b.c', directory: '/y=z' },
    ]);
  });

  it('durations, addresses, booleans', () => {
    assert.equal(values(['--connect-timeout', '1m30s'])['connect-timeout'], 90_000);
    assert.equal(values(['--connect-timeout', '250ms'])['connect-timeout'], 250);
    assert.deepEqual(values(['--ops-address', '[::1]:0'])['ops-address'], { host: '::1', port: 0 });
    assert.equal(values(['--allow-exec-in-secrets'])['allow-exec-in-secrets'], true);
    assert.equal(values(['--allow-exec-in-secrets=false'])['allow-exec-in-secrets'], false);
    assert.equal(values([], { FEDSYNCD_ALLOW_EXEC_IN_SECRETS: 'true' })['allow-exec-in-secrets'], true);
  });

  const bad: readonly (readonly [argv: readonly string[], environment: Environment, expected: RegExp])[] = [
    [['--ops-adress', 'x:1'], {}, /^unknown option --ops-adress; did you mean --ops-address\?$/],
    [['--wings'], {}, /^unknown option --wings$/],
    [['-x'], {}, /^unknown option -x$/],
    [['--stale-after'], {}, /^--stale-after needs a value$/],
    [['--kubeconfig', '--inspect=a=b'], {}, /^--kubeconfig needs a value$/],
    [['--stale-after', '60'], {}, /^--stale-after is "60"; expected a duration/],
    [['--stale-after', '1d'], {}, /^--stale-after is "1d"/],
    [['--stale-after', '10ms'], {}, /^--stale-after is "10ms"; .* from 1s to 24h$/],
    [['--stale-after=1m', '--stale-after=2m'], {}, /^--stale-after is given 2 times$/],
    [['--log-level', 'loud'], {}, /^--log-level is "loud"; expected one of debug, info/],
    [['--max-parallel-lists', '0'], {}, /^--max-parallel-lists is "0"/],
    [['--max-parallel-lists', '1e3'], {}, /^--max-parallel-lists is "1e3"/],
    [['--ops-address', '9095'], {}, /^--ops-address is "9095"; expected HOST:PORT/],
    [['--ops-address', 'h:65536'], {}, /^--ops-address is/],
    [['--ops-address', '::1:9095'], {}, /^--ops-address is/],
    [['--inspect', '/x'], {}, /^--inspect is "\/x"; expected NAME=DIR/],
    [['--inspect', 'A=/x'], {}, /^--inspect names a cluster "A" that must be a DNS-1123/],
    [['--inspect', 'a=/x,a=/y'], {}, /^--inspect names the cluster a twice/],
    [['--rcc-source', 'consul'], {}, /^--rcc-source is "consul"; expected some of kubernetes/],
    [['--rcc-source', 'etcdv3,etcdv3'], {}, /^--rcc-source names "etcdv3" twice/],
    [['--exclude-namespaces', 'a,,b'], {}, /^--exclude-namespaces has an empty item/],
    [['--allow-exec-in-secrets=yes'], {}, /^--allow-exec-in-secrets is "yes"; expected true or false/],
    [['--kubeconfig='], {}, /^--kubeconfig is empty/],
    [['--clusters', '3'], {}, /^--clusters is not an option of "run" but of "demo"$/],
    [
      [],
      { FEDSYNCD_STALE_AFTR: '1m' },
      /^unknown variable FEDSYNCD_STALE_AFTR; did you mean FEDSYNCD_STALE_AFTER\?$/,
    ],
    [[], { FEDSYNCD_OUTPUT: 'json' }, /^unknown variable FEDSYNCD_OUTPUT/],
    [[], { FEDSYNCD_STALE_AFTER: 'soon' }, /^FEDSYNCD_STALE_AFTER is "soon"/],
    [[], { FEDSYNCD_PORT: '9095' }, /^unknown variable FEDSYNCD_PORT/],
  ];
  for (const [argv, environment, expected] of bad) {
    it(`refuses ${[...argv, ...Object.keys(environment)].join(' ')}`, () => {
      assert.match(problems(argv, environment), expected);
    });
  }

  it('names all problems at once', () => {
    const text = problems(['--wings', 'x', '--log-level=loud'], {
      FEDSYNCD_NOPE: '1',
      FEDSYNCD_STALE_AFTER: 'x',
    });
    assert.equal(text.split('\n').length, 4, text);
  });

  it('ignores names that Kubernetes makes for Services, and empty variables', () => {
    values([], {
      FEDSYNCD_SERVICE_HOST: '10.0.0.1',
      FEDSYNCD_SERVICE_PORT: '9095',
      FEDSYNCD_SERVICE_PORT_HTTP_METRICS: '9095',
      FEDSYNCD_PORT: 'tcp://10.0.0.1:9095',
      FEDSYNCD_PORT_9095_TCP: 'tcp://10.0.0.1:9095',
      FEDSYNCD_PORT_9095_TCP_ADDR: '10.0.0.1',
      FEDSYNCD_OPS_SERVICE_HOST: '10.0.0.1',
      FEDSYNCD_OPS_PORT: 'tcp://10.0.0.1:9095',
      FEDSYNCD_LOG_LEVEL: '',
      OTHER: 'x',
    });
  });

  it('a variable of another command is known, and not read', () => {
    values([], { FEDSYNCD_STALE_AFTER: 'soon', FEDSYNCD_RCC_SOURCE: 'directory' }, 'status');
  });

  it('never repeats a secret', () => {
    const planted = 'hunter2-s3cr3t';
    const text = problems(['--etcd-pasword', planted, '--etcd-pasword=x', `--etcd-passwort=${planted}`], {
      FEDSYNCD_ETCD_PASSWRD: planted,
    });
    assert.ok(!text.includes(planted), text);
  });

  it('--help wins over problems', () => {
    const parsed = parseOptions('run', ['--wings', '--help'], {});
    assert.ok(parsed.ok && parsed.help);
  });
});

describe('daemonConfig', () => {
  it('takes the directory as the source where one is given, else Kubernetes', () => {
    assert.deepEqual(config([]).rccSources, ['kubernetes']);
    assert.deepEqual(config(['--rcc-directory', '/etc/rcc']).rccSources, ['directory']);
    assert.deepEqual(
      config(['--rcc-directory', '/etc/rcc', '--rcc-source', 'kubernetes,directory']).rccSources,
      ['kubernetes', 'directory'],
    );
  });

  it('needs no local cluster to inspect an export, unless one is given', () => {
    assert.equal(config(['--inspect', 'x=/export']).offline, true);
    assert.equal(config([]).offline, false);
    for (const more of [
      ['--kubeconfig', '/k'],
      ['--rcc-source', 'kubernetes'],
      ['--rcc-directory', '/d'],
    ])
      assert.equal(config(['--inspect', 'x=/export', ...more]).offline, false);
  });

  it('reads the local etcd', () => {
    const { localEtcd } = config(['--rcc-source=etcdv3', '--etcd-endpoints=https://a:1,https://b:2'], {
      FEDSYNCD_ETCD_USERNAME: 'u',
      FEDSYNCD_ETCD_PASSWORD: 'p',
    });
    assert.deepEqual(localEtcd?.endpoints, ['https://a:1', 'https://b:2']);
    assert.equal(localEtcd.password, 'p');
  });

  const contradictory: readonly (readonly [argv: readonly string[], expected: RegExp])[] = [
    [['--rcc-source', 'directory'], /--rcc-source directory needs --rcc-directory/],
    [['--rcc-source', 'etcdv3'], /--rcc-source etcdv3 needs --etcd-endpoints/],
    [['--rcc-source', 'kubernetes', '--rcc-directory', '/x'], /--rcc-directory is of no use/],
    [
      ['--etcd-username', 'u', '--etcd-password', 'p'],
      /--etcd-username is of no use without --etcd-endpoints/,
    ],
    [['--rcc-source=etcdv3', '--etcd-endpoints=a:1'], /--etcd-endpoints does not start with http/],
    [
      ['--rcc-source=etcdv3', '--etcd-endpoints=http://a:1', '--etcd-key-file=/k'],
      /--etcd-key-file needs --etcd-cert-file/,
    ],
    [
      ['--rcc-source=etcdv3', '--etcd-endpoints=http://a:1', '--etcd-username=u'],
      /--etcd-username needs --etcd-password/,
    ],
  ];
  for (const [argv, expected] of contradictory) {
    it(`refuses ${argv.join(' ')}`, () => {
      const result = daemonConfig(values(argv), '1.2.3');
      assert.ok(!result.ok);
      assert.match(result.problems.join('\n'), expected);
    });
  }
});

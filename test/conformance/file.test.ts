import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'node:test';
import { fileRig } from './file-rig.ts';
import { conformance } from './suite.ts';

describe('conformance: directory of files', () =>
  conformance(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fedsyncd-conformance-'));
    return { ...(await fileRig(directory)), close: () => rm(directory, { recursive: true, force: true }) };
  }, ['break']));

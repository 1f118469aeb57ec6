import { readFile } from 'node:fs/promises';
import type { Values } from '../config/parse.ts';
import { formatAddress } from '../config/option-value.ts';
import {
  feedKubeconfig,
  type FeedKubeconfigOptions,
  type KubeconfigCredential,
} from '../feed/access/kubeconfig.ts';
import { UsageError } from './command.ts';
import type { CommandContext } from './command.ts';
import { askDaemon, whileAsking } from './daemon-client.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { asStatus } from './status-command.ts';

/** `fedsyncd kubeconfig`: prints a kubeconfig for the feed. The daemon is asked which clusters there are. */
export async function kubeconfigCommand({ terminal, values }: CommandContext): Promise<ExitCode> {
  const { cluster } = values;
  const server = serverOf(values);
  const credential = credentialOf(values);
  const caPem = values['ca-file'] === undefined ? undefined : await readCa(values['ca-file']);
  return whileAsking(terminal, async () => {
    const clusters = cluster === undefined ? await clusterNames(values) : [cluster];
    const options = { server, caPem, merged: cluster === undefined, clusters, credential };
    terminal.out(kubeconfigText(options));
    return EXIT.ok;
  });
}

function kubeconfigText(options: FeedKubeconfigOptions): string {
  try {
    return feedKubeconfig(options);
  } catch (error) {
    throw new UsageError([error instanceof Error ? error.message : String(error)]);
  }
}

async function clusterNames(values: Values): Promise<readonly string[]> {
  const answer = await askDaemon(values['ops-address'], '/status', values['request-timeout']);
  return asStatus(answer).clusters.map(({ name }) => name);
}

function serverOf({ server, 'feed-address': address }: Values): string {
  if (server !== undefined) return server;
  if (address === undefined) throw new UsageError(['give --server: where clients reach the feed']);
  return `http://${formatAddress(address)}`;
}

function credentialOf(values: Values): KubeconfigCredential | undefined {
  const path = values['token-file'];
  const certFile = values['client-cert-file'];
  const keyFile = values['client-key-file'];
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new UsageError(['--client-cert-file and --client-key-file go together']);
  }
  if (path !== undefined && certFile !== undefined) {
    throw new UsageError(['--token-file and --client-cert-file: give one of them']);
  }
  if (path !== undefined) return { type: 'token-file', path };
  return certFile === undefined || keyFile === undefined
    ? undefined
    : { type: 'certificate', certFile, keyFile };
}

async function readCa(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UsageError([`--ca-file ${JSON.stringify(path)} cannot be read: ${why}`]);
  }
}

import type { CommandContext } from './command.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';

/** `fedsyncd version`. */
export function versionCommand({ terminal, values, version }: CommandContext): Promise<ExitCode> {
  const node = process.version;
  terminal.out(
    values.output === 'json'
      ? `${JSON.stringify({ version, node })}\n`
      : `fedsyncd ${version} (Node.js ${node})\n`,
  );
  return Promise.resolve(EXIT.ok);
}

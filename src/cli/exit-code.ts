/** Exit codes of every command. */
export const EXIT = { ok: 0, finding: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** In words, for the operators' page and `--help`. */
export const EXIT_CODES: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [EXIT.ok, 'All is well.'],
  [
    EXIT.finding,
    'There is a finding: a check failed, a cluster is not in sync, an address is not known, a service is not federated, there is something to write, the daemon broke.',
  ],
  [EXIT.usage, 'Wrong usage or configuration; the message names what.'],
  [EXIT.unreachable, 'The daemon that was asked does not answer.'],
];

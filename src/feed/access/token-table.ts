import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { FeedAccessError } from './access-error.ts';
import { TokenDigest, isBearerToken } from './bearer-token.ts';
import { CsvError, type CsvRecord, parseCsv } from './csv.ts';
import { type FeedUser, authenticatedUser } from './feed-user.ts';
import type { FileSet } from './followed-files.ts';

interface Known {
  readonly digest: Buffer;
  readonly user: FeedUser;
}

/** The tokens of a static token file and whose they are. Holds digests, not the tokens. */
export class TokenTable {
  readonly #digest = new TokenDigest();
  readonly #users = new Map<string, Known>();

  get size(): number {
    return this.#users.size;
  }

  /** The user of a token; the time it takes does not depend on how much of a token is right. */
  find(token: string): FeedUser | undefined {
    const digest = this.#digest.of(token);
    const known = this.#users.get(digest);
    return known !== undefined && timingSafeEqual(known.digest, Buffer.from(digest)) ? known.user : undefined;
  }

  /** False if the token is known already. */
  add(token: string, user: FeedUser): boolean {
    const digest = this.#digest.of(token);
    if (this.#users.has(digest)) return false;
    this.#users.set(digest, { digest: Buffer.from(digest), user });
    return true;
  }
}

/**
 * The static token file in the form of Kubernetes: `token,user,uid,"group1,group2"`, the groups optional. Stricter than
 * kube-apiserver, which passes over records that it cannot use: here they make the file unusable, so that nobody is locked
 * out, or let in as another, without a word.
 */
export function tokenFile(path: string): FileSet<TokenTable> {
  const option = '--feed-token-file';
  return {
    files: [{ option, path }],
    parse: ([text = '']) => {
      try {
        return tableOf(parseCsv(text));
      } catch (error) {
        if (error instanceof CsvError) throw new FeedAccessError(`${option}: ${path}: ${error.message}`);
        throw error;
      }
    },
    describe: ({ size }) => `${size} token(s) are known`,
  };
}

function tableOf(records: readonly CsvRecord[]): TokenTable {
  const table = new TokenTable();
  for (const { line, fields } of records) {
    const [token = '', name = '', uid = '', groups = ''] = fields;
    const wrong = (problem: string): CsvError => new CsvError(`line ${line}: ${problem}`);
    if (fields.length < 3) throw wrong(`${fields.length} column(s); expected token,user,uid,"group1,group2"`);
    if (fields.length > 4)
      throw wrong(`${fields.length} columns; put several groups in quotes: "group1,group2"`);
    if (!isBearerToken(token))
      throw wrong('the token is empty or holds characters that a header cannot carry');
    if (name === '') throw wrong('the user is empty');
    const user = authenticatedUser('token-file', { name, uid, groups: groupsOf(groups) });
    if (!table.add(token, user)) throw wrong('the token of another line again');
  }
  return table;
}

function groupsOf(text: string): readonly string[] {
  const groups = text.split(',').map((group) => group.trim());
  return groups.filter((group) => group !== '');
}

/**
 * Where the time of a CPU profile went: `node bench/profile.ts FILE.cpuprofile [lines]`, by function, with self time and
 * with what it called.
 */
import { readFileSync } from 'node:fs';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

const [, , file = '', lines = '40'] = process.argv;
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

const selfOfNode = new Map<number, number>();
for (const [i, sample] of samples.entries()) {
  selfOfNode.set(sample, (selfOfNode.get(sample) ?? 0) + (timeDeltas[i] ?? 0) / 1000);
}
const byId = new Map(nodes.map((node) => [node.id, node]));
const self = new Map<string, number>();
const whole = new Map<string, number>();

/** Adds the node's time and returns it with that of its children; a function that calls itself counts once. */
function visit(node: ProfileNode, above: ReadonlySet<string>): number {
  const name = nameOf(node);
  const within = new Set(above).add(name);
  const own = selfOfNode.get(node.id) ?? 0;
  let sum = own;
  for (const id of node.children ?? []) {
    const child = byId.get(id);
    if (child !== undefined) sum += visit(child, within);
  }
  self.set(name, (self.get(name) ?? 0) + own);
  if (!above.has(name)) whole.set(name, (whole.get(name) ?? 0) + sum);
  return sum;
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  return `${functionName || '(anonymous)'} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`;
}

const [root] = nodes;
if (root !== undefined) visit(root, new Set());
const total = [...self].reduce((sum, [name, ms]) => (name.startsWith('(idle)') ? sum : sum + ms), 0);
for (const [title, times] of [
  ['self', self],
  ['with what it called', whole],
] as const) {
  console.log(`${title}, of ${total.toFixed(0)} ms`);
  const sorted = [...times].filter(([name]) => !/^\((idle|root)\)/.test(name)).sort((a, b) => b[1] - a[1]);
  for (const [name, ms] of sorted.slice(0, Number(lines))) {
    console.log(`${ms.toFixed(0).padStart(7)} ms ${((ms * 100) / total).toFixed(1).padStart(5)} %  ${name}`);
  }
}

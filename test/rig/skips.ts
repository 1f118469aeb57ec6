import type { TestEvent } from 'node:test/reporters';

/**
 * Passes the runner's events on, and names the skipped tests and suites just before the runner's closing lines, so that
 * neither scrolls away.
 */
export async function* skipsReported(events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  const skipped: string[] = [];
  let told = false;
  for await (const event of events) {
    if (event.type === 'test:pass' && event.data.skip !== undefined) {
      skipped.push(`${event.data.name}: ${String(event.data.skip)}`);
    }
    const closing =
      event.type === 'test:diagnostic' && event.data.nesting === 0 && /^tests \d+$/.test(event.data.message);
    if (closing && !told) {
      told = true;
      for (const line of skipped) {
        yield { type: 'test:diagnostic', data: { ...event.data, message: `skipped: ${line}` } };
      }
    }
    yield event;
  }
}

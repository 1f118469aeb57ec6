import type { Clock } from '../../runtime/clock.ts';
import { type FailureStatus, statusJson, statusProtobuf } from '../objects/status-object.ts';
import { protobufBody } from '../objects/proto-envelope.ts';
import type { FeedLimits } from './feed-limits.ts';
import type { ApiRequest, HttpResponse } from './http-message.ts';
import { JSON_TYPE, negotiateStatus, PROTOBUF_TYPE } from './negotiation.ts';
import type { RequestVerb, ServerCounters } from './server-counters.ts';

/** The answer did not begin, or end, in time. */
export class OvertimeError extends Error {
  override readonly name = 'OvertimeError';
}

/** The client went away. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
}

export interface ExchangeParts {
  readonly request: ApiRequest;
  readonly response: HttpResponse;
  readonly clock: Clock;
  readonly limits: FeedLimits;
  readonly counters: ServerCounters;
  /** The connection takes no further request after this one. */
  readonly isLast: boolean;
}

const HTTP2_INTERNAL_ERROR = 2;
/** Every Status is shorter, and most objects are. */
const SHORT_BYTES = 4096;

type Headers = Readonly<Record<string, string | number>>;

/**
 * One request and its answer. `signal` aborts when the client goes away or the time is over. Ends by itself when the response is
 * closed; what was answered and is not taken is cut.
 */
export class Exchange {
  readonly request: ApiRequest;
  readonly clock: Clock;
  readonly limits: FeedLimits;
  readonly counters: ServerCounters;
  readonly #response: HttpResponse;
  readonly #isLast: boolean;
  readonly #controller = new AbortController();
  #stopTimer: () => void;
  #isAnswered = false;
  #isLong = false;
  #isDone = false;
  #isClosed = false;
  #code = 0;
  /** For the statistics: what was asked for, as far as it is known. */
  verb: RequestVerb = 'get';
  resource = '';
  /** Whether a Status may be protobuf: not for the kinds that have none. */
  hasProtobuf = true;
  /** Indented JSON: because the request says so, or because a person reads it. */
  pretty: 'asked' | 'person' | 'no';

  constructor(parts: ExchangeParts) {
    this.request = parts.request;
    this.clock = parts.clock;
    this.limits = parts.limits;
    this.counters = parts.counters;
    this.#response = parts.response;
    this.#isLast = parts.isLast;
    this.pretty = parts.request.isPerson ? 'person' : 'no';
    this.#stopTimer = this.#timer(parts.limits.answerMs);
    this.#response.on('close', () => this.#onClose());
    // What fails in writing shows as the close that follows.
    this.#response.on('error', () => undefined);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get response(): HttpResponse {
    return this.#response;
  }

  get isHead(): boolean {
    return this.request.method === 'HEAD';
  }

  get hasBegun(): boolean {
    return this.#isAnswered;
  }

  /** Sends the head of an answer whose body follows by `response.write`, and gives that body its time. */
  begin(code: number, headers: Headers, bodyMs: number | undefined): void {
    this.#isLong = true;
    this.#head(code, headers);
    this.#response.flushHeaders?.();
    this.#stopTimer();
    this.#stopTimer = bodyMs === undefined ? (): void => undefined : this.#timer(bodyMs);
  }

  /** A whole answer. */
  reply(code: number, headers: Headers, body: Uint8Array): void {
    this.#head(code, { ...headers, 'content-length': body.length });
    if (this.isHead) {
      this.#response.end();
      return;
    }
    this.counters.bytesSent += body.length;
    this.#isLong = body.length > SHORT_BYTES;
    this.#response.end(body);
  }

  /** 304: the client has it already. */
  replyUnchanged(headers: Headers): void {
    this.#head(304, headers);
    this.#response.end();
  }

  fail(status: FailureStatus, headers: Headers = {}): void {
    const { accept } = this.request;
    const wire = negotiateStatus(accept, this.hasProtobuf);
    const retry = status.details?.retryAfterSeconds;
    this.reply(
      status.code,
      {
        'content-type': wire === 'json' ? JSON_TYPE : PROTOBUF_TYPE,
        ...(retry !== undefined && { 'retry-after': retry }),
        ...headers,
      },
      wire === 'json'
        ? jsonBody(statusJson(status), this.pretty !== 'no')
        : protobufBody('v1', 'Status', statusProtobuf(status)),
    );
  }

  /** Breaks the answer off: the client sees that it is not complete. */
  cut(): void {
    // Without a code HTTP/2 would end the stream as if all were well.
    this.#response.stream?.close(HTTP2_INTERNAL_ERROR);
    this.#response.destroy();
  }

  /** Nothing more will be written: the client has only to take it. */
  done(): void {
    this.#isDone = true;
    if (this.#isClosed) return;
    this.#stopTimer();
    this.#stopTimer = this.#timer(this.limits.stalledMs);
  }

  /** Calls `run` once when the answer costs no more memory: short ones at once, others when the client has all of it, or is gone. */
  whenTaken(run: () => void): void {
    if (this.#isClosed || !this.#isLong) run();
    else this.#response.on('close', run);
  }

  /** For the statistics, once. */
  count(): void {
    this.counters.answered(this.verb, this.resource, this.#code);
  }

  #head(code: number, headers: Headers): void {
    this.#isAnswered = true;
    this.#code = code;
    const closes = this.#isLast && !this.request.isHttp2;
    this.#response.writeHead(code, {
      'cache-control': 'no-cache, private',
      'x-content-type-options': 'nosniff',
      ...(closes && { connection: 'close' }),
      ...headers,
    });
  }

  #onClose(): void {
    this.#stopTimer();
    if (!this.#isDone) this.#controller.abort(new ClientGoneError('the client went away'));
    this.#isClosed = true;
  }

  #timer(ms: number): () => void {
    return this.clock.after(ms, () => {
      this.#controller.abort(new OvertimeError(`not answered within ${ms} ms`));
      if (!this.#isDone) return;
      this.counters.cutOff('stalled');
      this.cut();
    });
  }
}

export function jsonBody(value: unknown, isPretty: boolean): Buffer {
  return Buffer.from(`${isPretty ? JSON.stringify(value, null, 2) : JSON.stringify(value)}\n`);
}

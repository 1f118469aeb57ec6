import type { JsonObject } from '../../model/json-field.ts';
import { ProtoWriter } from './proto-writer.ts';

/** What a `Status` of the Kubernetes API says of a failure. */
export interface FailureStatus {
  readonly code: number;
  /** One of the API's: `NotFound`, `Expired`, … */
  readonly reason: string;
  readonly message: string;
  readonly details?: StatusDetails | undefined;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  /** The plural of the resource for what is not found, a kind such as `ListOptions` for what is invalid. */
  readonly kind?: string;
  readonly causes?: readonly {
    readonly reason: string;
    readonly message: string;
    readonly field: string;
  }[];
  /** With TooManyRequests: also the header Retry-After. */
  readonly retryAfterSeconds?: number;
}

/** A Status as JSON. */
export function statusJson({ code, reason, message, details }: FailureStatus): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    details,
    code,
  };
}

/** The message `meta/v1 Status`. */
export function statusProtobuf({ code, reason, message, details }: FailureStatus): Buffer {
  const writer = new ProtoWriter();
  writer.integer(6, code);
  if (details !== undefined) writer.message(5, () => writeDetails(writer, details));
  writer.text(4, reason);
  writer.text(3, message);
  writer.text(2, 'Failure');
  writer.message(1, () => {
    for (const field of [3, 2, 1]) writer.text(field, '');
  });
  return writer.take();
}

function writeDetails(writer: ProtoWriter, details: StatusDetails): void {
  const { name = '', group = '', kind = '', causes = [], retryAfterSeconds = 0 } = details;
  writer.text(6, '');
  writer.integer(5, retryAfterSeconds);
  writer.messages(4, causes, ({ reason, message, field }) => {
    writer.text(3, field);
    writer.text(2, message);
    writer.text(1, reason);
  });
  writer.text(3, kind);
  writer.text(2, group);
  writer.text(1, name);
}

import type { FeedEncoder, FeedEncoderOptions } from './feed-encoder.ts';
import { JsonEncoder } from './json-encoder.ts';
import { ProtobufEncoder } from './protobuf-encoder.ts';

/** The encoder for what a client asked for. Throws where that form does not exist: protobuf of a kind that has none, or of a table. */
export function feedEncoder(options: FeedEncoderOptions): FeedEncoder {
  return options.encoding.wire === 'protobuf' ? new ProtobufEncoder(options) : new JsonEncoder(options);
}

import type { LabelSet } from '../../model/label-set.ts';
import type { FeedContent } from './feed-event.ts';

/** Of an object with its few own texts; label sets and most texts are shared with the index. */
const OBJECT = 700;
const ADDRESS = 60;
const PORT = 120;
const SLICE_ENDPOINT = 400;

/** Roughly the memory that a content takes that is held beside the index. Remote clusters choose the size of their objects. */
export function contentSize(content: FeedContent): number {
  switch (content.kind) {
    case 'WorkloadEndpoint':
      return OBJECT + content.ipNetworks.length * ADDRESS + content.ports.length * PORT;
    case 'HostEndpoint':
      return OBJECT + content.expectedIPs.length * ADDRESS + content.ports.length * PORT;
    case 'EndpointSlice':
      return OBJECT + content.endpoints.length * SLICE_ENDPOINT + content.ports.length * PORT;
    case 'Service':
      return OBJECT + textSize(content.annotations) + content.ports.length * PORT;
    case 'Profile':
      return OBJECT + textSize(content.labelsToApply);
    default:
      return OBJECT;
  }
}

/** The same of a content and, where there was one, that before, which is about as large. */
export function changeSize(content: FeedContent, isReplaced: boolean): number {
  return (isReplaced ? 2 : 1) * contentSize(content);
}

function textSize({ keys, values }: LabelSet): number {
  let size = 0;
  for (const text of keys) size += text.length;
  for (const text of values) size += text.length;
  return size;
}

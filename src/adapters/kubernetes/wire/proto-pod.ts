import type { Buffer } from 'node:buffer';
import type { PodFacts, PodPort } from '../../../model/pod-facts.ts';
import { type SharedValues, MetaReader, annotationFilter, interned } from './proto-meta.ts';
import { BYTES, ProtoError, ProtoReader, VARINT, fields } from './proto-reader.ts';
import { RegionCache, addRange } from './region-cache.ts';

const POD_IP = 'cni.projectcalico.org/podIP';
const POD_IPS = 'cni.projectcalico.org/podIPs';
const AWS_POD_IPS = 'vpc.amazonaws.com/pod-ips';

const POD = fields(1, 2, 3);
const SPEC = fields(2, 8, 10, 11, 20);
const STATUS = fields(1, 6, 12);
const CONTAINER = fields(6);
const PORT = fields(1, 2, 3, 4, 5);
const POD_ADDRESS = fields(1);
const PORTS_TAG = (6 << 3) | BYTES;
const NO_PORTS: readonly PodPort[] = [];
const NO_ADDRESSES: readonly string[] = [];

/** Reads of a core/v1 Pod what decides its WorkloadEndpoint. */
export class PodReader {
  readonly meta: MetaReader;
  readonly #shared: SharedValues;
  readonly #reader = new ProtoReader();
  readonly #portReader = new ProtoReader();
  readonly #ports = new RegionCache<readonly PodPort[]>(512, 1024);
  readonly #toPorts = (region: Buffer): readonly PodPort[] => this.#readPorts(region);
  readonly #containerPorts: number[] = [];
  readonly #initPorts: number[] = [];
  #nodeName = '';
  #serviceAccountName = '';
  #hostNetwork = false;
  #phase = '';
  #podIP = '';
  #podIPs: string[] | undefined;

  constructor(shared: SharedValues) {
    this.#shared = shared;
    this.meta = new MetaReader(shared, annotationFilter([POD_IP, POD_IPS, AWS_POD_IPS]));
  }

  /** Throws ProtoError where the bytes are not a Pod. */
  read(bytes: Uint8Array): PodFacts {
    this.#begin();
    const reader = this.#reader;
    reader.reset(bytes);
    while (reader.more()) {
      switch (reader.tag()) {
        case (1 << 3) | BYTES:
          this.meta.read(reader);
          break;
        case (2 << 3) | BYTES:
          this.#spec(reader);
          break;
        case (3 << 3) | BYTES:
          this.#status(reader);
          break;
        default:
          reader.skipUnless(POD);
      }
    }
    return this.#facts(reader);
  }

  #begin(): void {
    this.meta.begin();
    this.#containerPorts.length = 0;
    this.#initPorts.length = 0;
    this.#nodeName = this.#serviceAccountName = this.#phase = this.#podIP = '';
    this.#hostNetwork = false;
    this.#podIPs = undefined;
  }

  #facts(reader: ProtoReader): PodFacts {
    const { meta } = this;
    return {
      namespace: meta.namespace,
      name: meta.name,
      uid: meta.uid,
      resourceVersion: meta.resourceVersion,
      created: meta.created,
      deleting: meta.deleting,
      labels: meta.labels(reader.bytes),
      podIPAnnotation: meta.annotations?.get(POD_IP),
      podIPsAnnotation: meta.annotations?.get(POD_IPS),
      awsPodIPsAnnotation: meta.annotations?.get(AWS_POD_IPS),
      nodeName: this.#nodeName,
      serviceAccountName: this.#serviceAccountName,
      hostNetwork: this.#hostNetwork,
      phase: this.#phase,
      statusPodIP: this.#podIP,
      statusPodIPs: this.#podIPs ?? NO_ADDRESSES,
      ports: this.#portList(reader),
    };
  }

  #spec(reader: ProtoReader): void {
    const outer = reader.enter();
    while (reader.more()) {
      switch (reader.tag()) {
        case (2 << 3) | BYTES:
          collectPorts(reader, this.#containerPorts);
          break;
        case (8 << 3) | BYTES:
          this.#serviceAccountName = interned(reader, this.#shared.strings);
          break;
        case (10 << 3) | BYTES:
          this.#nodeName = interned(reader, this.#shared.strings);
          break;
        case (11 << 3) | VARINT:
          this.#hostNetwork = reader.bool();
          break;
        case (20 << 3) | BYTES:
          collectPorts(reader, this.#initPorts);
          break;
        default:
          reader.skipUnless(SPEC);
      }
    }
    reader.leave(outer);
  }

  #status(reader: ProtoReader): void {
    const outer = reader.enter();
    while (reader.more()) {
      switch (reader.tag()) {
        case (1 << 3) | BYTES:
          this.#phase = interned(reader, this.#shared.strings);
          break;
        case (6 << 3) | BYTES:
          this.#podIP = interned(reader, this.#shared.addresses);
          break;
        case (12 << 3) | BYTES:
          this.#podIPs ??= [];
          this.#podIPs.push(this.#podAddress(reader));
          break;
        default:
          reader.skipUnless(STATUS);
      }
    }
    reader.leave(outer);
  }

  #podAddress(reader: ProtoReader): string {
    const outer = reader.enter();
    let ip = '';
    while (reader.more()) {
      if (reader.tag() === ((1 << 3) | BYTES)) ip = interned(reader, this.#shared.addresses);
      else reader.skipUnless(POD_ADDRESS);
    }
    reader.leave(outer);
    return ip;
  }

  #portList(reader: ProtoReader): readonly PodPort[] {
    // Init containers last, whatever the order of the fields.
    const init = this.#initPorts;
    const ranges = init.length === 0 ? this.#containerPorts : [...this.#containerPorts, ...init];
    return ranges.length === 0 ? NO_PORTS : this.#ports.get(reader.bytes, ranges, this.#toPorts);
  }

  #readPorts(region: Buffer): readonly PodPort[] {
    const reader = this.#portReader;
    reader.reset(region);
    const list: PodPort[] = [];
    while (reader.more()) {
      reader.tag();
      list.push(this.#port(reader));
    }
    return list;
  }

  #port(reader: ProtoReader): PodPort {
    const outer = reader.enter();
    const port = { name: '', protocol: '', containerPort: 0, hostPort: 0, hostIP: '' };
    while (reader.more()) {
      switch (reader.tag()) {
        case (1 << 3) | BYTES:
          port.name = interned(reader, this.#shared.strings);
          break;
        case (2 << 3) | VARINT:
          port.hostPort = portNumber(reader);
          break;
        case (3 << 3) | VARINT:
          port.containerPort = portNumber(reader);
          break;
        case (4 << 3) | BYTES:
          port.protocol = interned(reader, this.#shared.strings);
          break;
        case (5 << 3) | BYTES:
          port.hostIP = interned(reader, this.#shared.strings);
          break;
        default:
          reader.skipUnless(PORT);
      }
    }
    reader.leave(outer);
    return port;
  }
}

function portNumber(reader: ProtoReader): number {
  const port = reader.int();
  if (port < 0 || port > 65_535) throw new ProtoError('port out of range');
  return port;
}

/** Notes where the ports of a container lie. */
function collectPorts(reader: ProtoReader, ranges: number[]): void {
  const outer = reader.enter();
  while (reader.more()) {
    const at = reader.pos;
    const tag = reader.tag();
    if (tag === PORTS_TAG) {
      reader.skip();
      addRange(ranges, at, reader.pos);
    } else {
      reader.skipUnless(CONTAINER);
    }
  }
  reader.leave(outer);
}

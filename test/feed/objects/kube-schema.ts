import protobuf from 'protobufjs';

/** The parts of k8s.io's generated.proto files that the feed fills, written down apart from its encoder. */
const SOURCE = `
syntax = "proto2";
message Time { optional int64 seconds = 1; optional int32 nanos = 2; }
message ObjectMeta { optional string name = 1; optional string generateName = 2; optional string namespace = 3; optional string selfLink = 4; optional string uid = 5; optional string resourceVersion = 6; optional int64 generation = 7; optional Time creationTimestamp = 8; optional Time deletionTimestamp = 9; map<string, string> labels = 11; map<string, string> annotations = 12; }
message ListMeta { optional string selfLink = 1; optional string resourceVersion = 2; optional string continue = 3; optional int64 remainingItemCount = 4; }
message IntOrString { optional int64 type = 1; optional int32 intVal = 2; optional string strVal = 3; }
message ServicePort { optional string name = 1; optional string protocol = 2; optional int32 port = 3; optional IntOrString targetPort = 4; optional int32 nodePort = 5; optional string appProtocol = 6; }
message ServiceSpec { repeated ServicePort ports = 1; map<string, string> selector = 2; optional string clusterIP = 3; optional string type = 4; repeated string externalIPs = 5; optional string sessionAffinity = 7; optional string loadBalancerIP = 8; optional string externalName = 10; optional string externalTrafficPolicy = 11; optional int32 healthCheckNodePort = 12; optional bool publishNotReadyAddresses = 13; repeated string clusterIPs = 18; repeated string ipFamilies = 19; }
message LoadBalancerStatus { }
message ServiceStatus { optional LoadBalancerStatus loadBalancer = 1; }
message Service { optional ObjectMeta metadata = 1; optional ServiceSpec spec = 2; optional ServiceStatus status = 3; }
message ServiceList { optional ListMeta metadata = 1; repeated Service items = 2; }
message NamespaceSpec { repeated string finalizers = 1; }
message NamespaceStatus { optional string phase = 1; }
message Namespace { optional ObjectMeta metadata = 1; optional NamespaceSpec spec = 2; optional NamespaceStatus status = 3; }
message EndpointConditions { optional bool ready = 1; optional bool serving = 2; optional bool terminating = 3; }
message ObjectReference { optional string kind = 1; optional string namespace = 2; optional string name = 3; optional string uid = 4; optional string apiVersion = 5; optional string resourceVersion = 6; optional string fieldPath = 7; }
message Endpoint { repeated string addresses = 1; optional EndpointConditions conditions = 2; optional string hostname = 3; optional ObjectReference targetRef = 4; optional string nodeName = 6; optional string zone = 7; }
message EndpointPort { optional string name = 1; optional string protocol = 2; optional int32 port = 3; optional string appProtocol = 4; }
message EndpointSlice { optional ObjectMeta metadata = 1; repeated Endpoint endpoints = 2; repeated EndpointPort ports = 3; optional string addressType = 4; }
message EndpointSliceList { optional ListMeta metadata = 1; repeated EndpointSlice items = 2; }
message PartialObjectMetadata { optional ObjectMeta metadata = 1; }
message PartialObjectMetadataList { optional ListMeta metadata = 1; repeated PartialObjectMetadata items = 2; }
message StatusCause { optional string reason = 1; optional string message = 2; optional string field = 3; }
message StatusDetails { optional string name = 1; optional string group = 2; optional string kind = 3; optional string uid = 6; repeated StatusCause causes = 4; optional int32 retryAfterSeconds = 5; }
message Status { optional ListMeta metadata = 1; optional string status = 2; optional string message = 3; optional string reason = 4; optional StatusDetails details = 5; optional int32 code = 6; }
message TypeMeta { optional string apiVersion = 1; optional string kind = 2; }
message Unknown { optional TypeMeta typeMeta = 1; optional bytes raw = 2; optional string contentEncoding = 3; optional string contentType = 4; }
message RawExtension { optional bytes raw = 1; }
message WatchEvent { optional string type = 1; optional RawExtension object = 2; }
`;

const { root } = protobuf.parse(SOURCE, { keepCase: true });

export interface DecodedBody {
  readonly kind: string;
  readonly apiVersion: string;
  readonly object: unknown;
}

/** What a full decoder sees, without what is not set: '', 0, false where no pointer is, empty lists and messages. */
export function decodeMessage(type: string, bytes: Uint8Array): unknown {
  const message = root.lookupType(type);
  return message.toObject(message.decode(bytes), { longs: Number });
}

export function decodeBody(body: Buffer): DecodedBody {
  if (body.toString('latin1', 0, 4) !== 'k8s\0') throw new Error('no Kubernetes protobuf');
  const unknown = root.lookupType('Unknown').decode(body.subarray(4)) as unknown as {
    readonly typeMeta: { readonly kind: string; readonly apiVersion: string };
    readonly raw: Uint8Array;
  };
  const { kind, apiVersion } = unknown.typeMeta;
  return { kind, apiVersion, object: decodeMessage(kind, unknown.raw) };
}

export function decodeFrame(frame: Buffer): DecodedBody & { readonly type: string } {
  if (frame.readUInt32BE() !== frame.length - 4) throw new Error('not exactly one frame');
  const event = root.lookupType('WatchEvent').decode(frame.subarray(4)) as unknown as {
    readonly type: string;
    readonly object: { readonly raw: Uint8Array };
  };
  return { type: event.type, ...decodeBody(Buffer.from(event.object.raw)) };
}

/** The JSON of an object as `decodeMessage` gives it: times as seconds, int-or-string as a message, protobuf's fields alone. */
export function asMessage(type: string, json: unknown): unknown {
  if (type === 'Time') return { seconds: Date.parse(String(json)) / 1000 };
  if (type === 'IntOrString') return typeof json === 'number' ? { intVal: json } : { type: 1, strVal: json };
  const object = json as Readonly<Record<string, unknown>>;
  const fields = root.lookupType(type).fieldsArray.flatMap((field): [string, unknown][] => {
    const value = object[field.name];
    if (value === undefined) return [];
    const convert = (one: unknown): unknown =>
      field.map || !/^[A-Z]/.test(field.type) ? one : asMessage(field.type, one);
    return [[field.name, Array.isArray(value) ? value.map(convert) : convert(value)]];
  });
  return Object.fromEntries(fields);
}

/** Both sides without what stands for nothing, so that "not there" and "empty" compare equal where protobuf has no difference. */
export function withoutEmpty(value: unknown, pointers: ReadonlySet<string> = POINTERS): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutEmpty(one, pointers));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value)
    .map(([key, one]) => [key, withoutEmpty(one, pointers)] as const)
    .filter(([key, one]) => pointers.has(key) || !isEmpty(one));
  return Object.fromEntries(kept);
}

/** Fields whose presence means something: pointers in Kubernetes' types. */
const POINTERS: ReadonlySet<string> = new Set([
  'ready',
  'serving',
  'terminating',
  'targetRef',
  'hostname',
  'nodeName',
  'zone',
  'appProtocol',
]);

function isEmpty(value: unknown): boolean {
  if (value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

import protobuf from 'protobufjs';

/** The part of k8s.io's generated.proto files that is compared, written down apart from the server's schema. */
const SOURCE = `
syntax = "proto2";
message Time { optional int64 seconds = 1; }
message OwnerReference { optional string kind = 1; optional string name = 3; optional string uid = 4; optional string apiVersion = 5; optional bool controller = 6; }
message FieldsV1 { optional bytes Raw = 1; }
message ManagedFieldsEntry { optional string manager = 1; optional string operation = 2; optional Time time = 4; optional FieldsV1 fieldsV1 = 7; optional string subresource = 8; }
message ObjectMeta { optional string name = 1; optional string generateName = 2; optional string namespace = 3; optional string uid = 5; optional string resourceVersion = 6; optional Time creationTimestamp = 8; map<string, string> labels = 11; map<string, string> annotations = 12; repeated OwnerReference ownerReferences = 13; repeated ManagedFieldsEntry managedFields = 17; }
message ListMeta { optional string resourceVersion = 2; optional string continue = 3; optional int64 remainingItemCount = 4; }
message ContainerPort { optional string name = 1; optional int32 hostPort = 2; optional int32 containerPort = 3; optional string protocol = 4; optional string hostIP = 5; }
message Container { optional string name = 1; optional string image = 2; repeated ContainerPort ports = 6; }
message PodSpec { repeated Container containers = 2; optional string serviceAccountName = 8; optional string nodeName = 10; optional bool hostNetwork = 11; }
message PodIP { optional string ip = 1; }
message PodCondition { optional string type = 1; optional string status = 2; }
message PodStatus { optional string phase = 1; repeated PodCondition conditions = 2; optional string hostIP = 5; optional string podIP = 6; optional Time startTime = 7; repeated PodIP podIPs = 12; }
message Pod { optional ObjectMeta metadata = 1; optional PodSpec spec = 2; optional PodStatus status = 3; }
message PodList { optional ListMeta metadata = 1; repeated Pod items = 2; }
message Namespace { optional ObjectMeta metadata = 1; }
message NamespaceList { optional ListMeta metadata = 1; repeated Namespace items = 2; }
message ServiceAccount { optional ObjectMeta metadata = 1; }
message ServiceAccountList { optional ListMeta metadata = 1; repeated ServiceAccount items = 2; }
message IntOrString { optional int64 type = 1; optional int32 intVal = 2; optional string strVal = 3; }
message ServicePort { optional string name = 1; optional string protocol = 2; optional int32 port = 3; optional IntOrString targetPort = 4; optional string appProtocol = 6; }
message ServiceSpec { repeated ServicePort ports = 1; map<string, string> selector = 2; optional string clusterIP = 3; optional string type = 4; optional string sessionAffinity = 7; repeated string clusterIPs = 18; }
message Service { optional ObjectMeta metadata = 1; optional ServiceSpec spec = 2; }
message ServiceList { optional ListMeta metadata = 1; repeated Service items = 2; }
message ObjectReference { optional string kind = 1; optional string namespace = 2; optional string name = 3; optional string uid = 4; }
message EndpointConditions { optional bool ready = 1; optional bool serving = 2; optional bool terminating = 3; }
message Endpoint { repeated string addresses = 1; optional EndpointConditions conditions = 2; optional ObjectReference targetRef = 4; optional string nodeName = 6; optional string zone = 7; }
message SlicePort { optional string name = 1; optional string protocol = 2; optional int32 port = 3; optional string appProtocol = 4; }
message EndpointSlice { optional ObjectMeta metadata = 1; repeated Endpoint endpoints = 2; repeated SlicePort ports = 3; optional string addressType = 4; }
message EndpointSliceList { optional ListMeta metadata = 1; repeated EndpointSlice items = 2; }
message EndpointAddress { optional string ip = 1; optional ObjectReference targetRef = 2; optional string nodeName = 4; }
message EndpointPort { optional string name = 1; optional int32 port = 2; optional string protocol = 3; optional string appProtocol = 4; }
message EndpointSubset { repeated EndpointAddress addresses = 1; repeated EndpointAddress notReadyAddresses = 2; repeated EndpointPort ports = 3; }
message Endpoints { optional ObjectMeta metadata = 1; repeated EndpointSubset subsets = 2; }
message EndpointsList { optional ListMeta metadata = 1; repeated Endpoints items = 2; }
message Status { optional string status = 2; optional string message = 3; optional string reason = 4; optional int32 code = 6; }
message TypeMeta { optional string apiVersion = 1; optional string kind = 2; }
message Unknown { optional TypeMeta typeMeta = 1; optional bytes raw = 2; optional string contentEncoding = 3; optional string contentType = 4; }
message RawExtension { optional bytes raw = 1; }
message WatchEvent { optional string type = 1; optional RawExtension object = 2; }
`;

const { root } = protobuf.parse(SOURCE, { keepCase: true });

export function decode(type: string, bytes: Uint8Array): Record<string, unknown> {
  const message = root.lookupType(type);
  return message.toObject(message.decode(bytes), { longs: Number, bytes: String });
}

/** What is in a body that starts with `k8s\0`. */
export function decodeUnknown(body: Buffer): {
  kind: string;
  apiVersion: string;
  object: Record<string, unknown>;
} {
  if (body.toString('latin1', 0, 4) !== 'k8s\0') throw new Error('no Kubernetes protobuf');
  const type = root.lookupType('Unknown');
  const unknown = type.decode(body.subarray(4)) as unknown as {
    typeMeta: { kind: string; apiVersion: string };
    raw: Uint8Array;
  };
  const { kind, apiVersion } = unknown.typeMeta;
  return { kind, apiVersion, object: decode(kind, unknown.raw) };
}

export function decodeEvent(frame: Buffer): { type: string; kind: string; object: Record<string, unknown> } {
  const event = root.lookupType('WatchEvent').decode(frame) as unknown as {
    type: string;
    object: { raw: Uint8Array };
  };
  const { kind, object } = decodeUnknown(Buffer.from(event.object.raw));
  return { type: event.type, kind, object };
}

/** What `decode` must give for a JSON object: all its fields that the definitions above know. */
export function projected(type: string, json: unknown): unknown {
  if (type === 'Time') return { seconds: Date.parse(String(json)) / 1000 };
  if (type === 'FieldsV1') return { Raw: Buffer.from(JSON.stringify(json)).toString('base64') };
  if (type === 'IntOrString')
    return typeof json === 'number' ? { type: 0, intVal: json } : { type: 1, strVal: json };
  const object = json as Readonly<Record<string, unknown>>;
  const fields: [string, unknown][] = [];
  for (const field of root.lookupType(type).fieldsArray) {
    const value = object[field.name];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    const inner = (one: unknown): unknown =>
      field.map || !/^[A-Z]/.test(field.type) ? one : projected(field.type, one);
    fields.push([field.name, Array.isArray(value) ? value.map(inner) : inner(value)]);
  }
  return Object.fromEntries(fields);
}

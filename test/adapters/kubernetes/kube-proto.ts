import protobuf from 'protobufjs';

/** The parts of the Kubernetes protobuf schema that matter here, and some that must be stepped over. */
const SCHEMA = `
syntax = "proto2";
message Time { optional int64 seconds = 1; optional int32 nanos = 2; }
message FieldsV1 { optional bytes Raw = 1; }
message ManagedFieldsEntry { optional string manager = 1; optional string operation = 2; optional Time time = 4; optional FieldsV1 fieldsV1 = 7; }
message OwnerReference { optional string kind = 1; optional string name = 3; optional bool controller = 6; }
message ObjectMeta {
  optional string name = 1; optional string generateName = 2; optional string namespace = 3; optional string uid = 5;
  optional string resourceVersion = 6; optional int64 generation = 7; optional Time creationTimestamp = 8;
  optional Time deletionTimestamp = 9; map<string, string> labels = 11; map<string, string> annotations = 12;
  repeated OwnerReference ownerReferences = 13; repeated string finalizers = 14; repeated ManagedFieldsEntry managedFields = 17;
}
message ContainerPort { optional string name = 1; optional int32 hostPort = 2; optional int32 containerPort = 3; optional string protocol = 4; optional string hostIP = 5; }
message EnvVar { optional string name = 1; optional string value = 2; }
message Container { optional string name = 1; optional string image = 2; repeated string command = 3; repeated ContainerPort ports = 6; repeated EnvVar env = 7; }
message Toleration { optional string key = 1; optional string operator = 2; optional int64 tolerationSeconds = 5; }
message PodSpec {
  repeated Container containers = 2; optional string restartPolicy = 3; map<string, string> nodeSelector = 7;
  optional string serviceAccountName = 8; optional string serviceAccount = 9; optional string nodeName = 10;
  optional bool hostNetwork = 11; repeated Container initContainers = 20; repeated Toleration tolerations = 22;
}
message PodCondition { optional string type = 1; optional string status = 2; optional Time lastTransitionTime = 4; }
message ContainerStatus { optional string name = 1; optional bool ready = 4; optional int32 restartCount = 5; optional string containerID = 8; }
message PodIP { optional string ip = 1; }
message PodStatus {
  optional string phase = 1; repeated PodCondition conditions = 2; optional string hostIP = 5; optional string podIP = 6;
  optional Time startTime = 7; repeated ContainerStatus containerStatuses = 8; optional string qosClass = 9; repeated PodIP podIPs = 12;
}
message Pod { optional ObjectMeta metadata = 1; optional PodSpec spec = 2; optional PodStatus status = 3; }
message Namespace { optional ObjectMeta metadata = 1; }
message IntOrString { optional int64 type = 1; optional int32 intVal = 2; optional string strVal = 3; }
message ServicePort { optional string name = 1; optional string protocol = 2; optional int32 port = 3; optional IntOrString targetPort = 4; optional int32 nodePort = 5; optional string appProtocol = 6; }
message ServiceSpec {
  repeated ServicePort ports = 1; map<string, string> selector = 2; optional string clusterIP = 3; optional string type = 4;
  repeated string externalIPs = 5; optional string sessionAffinity = 7; optional string externalName = 10;
  optional bool publishNotReadyAddresses = 13; repeated string clusterIPs = 18;
}
message Service { optional ObjectMeta metadata = 1; optional ServiceSpec spec = 2; }
message EndpointConditions { optional bool ready = 1; optional bool serving = 2; optional bool terminating = 3; }
message ObjectReference { optional string kind = 1; optional string namespace = 2; optional string name = 3; optional string uid = 4; optional string fieldPath = 7; }
message Endpoint {
  repeated string addresses = 1; optional EndpointConditions conditions = 2; optional string hostname = 3;
  optional ObjectReference targetRef = 4; map<string, string> deprecatedTopology = 5; optional string nodeName = 6; optional string zone = 7;
}
message EndpointPort { optional string name = 1; optional string protocol = 2; optional int32 port = 3; optional string appProtocol = 4; }
message EndpointSlice { optional ObjectMeta metadata = 1; repeated Endpoint endpoints = 2; repeated EndpointPort ports = 3; optional string addressType = 4; }
message EndpointAddress { optional string ip = 1; optional ObjectReference targetRef = 2; optional string hostname = 3; optional string nodeName = 4; }
message CoreEndpointPort { optional string name = 1; optional int32 port = 2; optional string protocol = 3; optional string appProtocol = 4; }
message EndpointSubset { repeated EndpointAddress addresses = 1; repeated EndpointAddress notReadyAddresses = 2; repeated CoreEndpointPort ports = 3; }
message Endpoints { optional ObjectMeta metadata = 1; repeated EndpointSubset subsets = 2; }
message StatusCause { optional string reason = 1; optional string message = 2; }
message StatusDetails { optional string name = 1; repeated StatusCause causes = 4; optional int32 retryAfterSeconds = 5; }
message Status { optional string status = 2; optional string message = 3; optional string reason = 4; optional StatusDetails details = 5; optional int32 code = 6; }
message TypeMeta { optional string apiVersion = 1; optional string kind = 2; }
message Unknown { optional TypeMeta typeMeta = 1; optional bytes raw = 2; optional string contentEncoding = 3; optional string contentType = 4; }
message RawExtension { optional bytes raw = 1; }
message WatchEvent { optional string type = 1; optional RawExtension object = 2; }
message ListMeta { optional string selfLink = 1; optional string resourceVersion = 2; optional string continue = 3; }
message List { optional ListMeta metadata = 1; repeated bytes items = 2; }
`;

const root = protobuf.parse(SCHEMA, { keepCase: true }).root;

export function messageType(name: string): protobuf.Type {
  return root.lookupType(name);
}

/** The standard encoding: fields by number. */
export function encode(name: string, value: object): Buffer {
  return Buffer.from(messageType(name).encode(messageType(name).fromObject(value)).finish());
}

/** Everything that a full decoder sees, lists and maps never absent. */
export function fullDecode(name: string, bytes: Uint8Array): Record<string, unknown> {
  const type = messageType(name);
  return type.toObject(type.decode(bytes), { arrays: true, objects: true, longs: Number });
}

/** `k8s\0` and the Unknown around an object. */
export function envelope(raw: Uint8Array, kind = 'Any'): Buffer {
  const unknown = encode('Unknown', {
    typeMeta: { apiVersion: 'v1', kind },
    contentEncoding: '',
    contentType: '',
  });
  const field = Buffer.concat([unknown, tagged(2, raw)]);
  return Buffer.concat([Buffer.from('k8s\0'), field]);
}

/** A list body. */
export function listBody(items: readonly Uint8Array[], resourceVersion = '1', token = ''): Buffer {
  return envelope(encode('List', { metadata: { resourceVersion, continue: token }, items }), 'List');
}

/** One frame of a watch stream. */
export function watchFrame(type: string, object: Uint8Array): Buffer {
  const event = encode('WatchEvent', { type, object: { raw: envelope(object) } });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

/** A field with a length: the tag, the length, the bytes. */
export function tagged(number: number, bytes: Uint8Array): Buffer {
  const head = new protobuf.Writer()
    .uint32((number << 3) | 2)
    .uint32(bytes.length)
    .finish();
  return Buffer.concat([head, bytes]);
}

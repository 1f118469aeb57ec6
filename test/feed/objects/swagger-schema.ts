import protobuf from 'protobufjs';
import type { JsonObject } from '../../../src/model/json-field.ts';

/** The parts of gnostic-models' OpenAPIv2.proto that the feed fills, written down apart from its encoder. */
const SOURCE = `
syntax = "proto3";
message Any { string yaml = 2; }
message NamedAny { string name = 1; Any value = 2; }
message Info { string title = 1; string version = 2; }
message TypeItem { repeated string value = 1; }
message ItemsItem { repeated Schema schema = 1; }
message AdditionalPropertiesItem { oneof oneof { Schema schema = 1; bool boolean = 2; } }
message NamedSchema { string name = 1; Schema value = 2; }
message Properties { repeated NamedSchema additional_properties = 1; }
message Schema { string _ref = 1; string format = 2; string title = 3; string description = 4; repeated string required = 19; AdditionalPropertiesItem additional_properties = 21; TypeItem type = 22; ItemsItem items = 23; Properties properties = 25; repeated NamedAny vendor_extension = 31; }
message PathParameterSubSchema { bool required = 1; string in = 2; string description = 3; string name = 4; string type = 5; }
message QueryParameterSubSchema { bool required = 1; string in = 2; string description = 3; string name = 4; string type = 6; }
message NonBodyParameter { oneof oneof { QueryParameterSubSchema query_parameter_sub_schema = 3; PathParameterSubSchema path_parameter_sub_schema = 4; } }
message Parameter { NonBodyParameter non_body_parameter = 2; }
message ParametersItem { Parameter parameter = 1; }
message SchemaItem { Schema schema = 1; }
message Response { string description = 1; SchemaItem schema = 2; }
message ResponseValue { Response response = 1; }
message NamedResponseValue { string name = 1; ResponseValue value = 2; }
message Responses { repeated NamedResponseValue response_code = 1; }
message Operation { string description = 3; string operation_id = 5; repeated string produces = 6; repeated ParametersItem parameters = 8; Responses responses = 9; repeated NamedAny vendor_extension = 13; }
message PathItem { string _ref = 1; Operation get = 2; Operation patch = 8; }
message NamedPathItem { string name = 1; PathItem value = 2; }
message Paths { repeated NamedPathItem path = 2; }
message Definitions { repeated NamedSchema additional_properties = 1; }
message Document { string swagger = 1; Info info = 2; Paths paths = 8; Definitions definitions = 9; }
`;

const { root } = protobuf.parse(SOURCE, { keepCase: true });

/** The document as JSON again. */
export function decodeSwagger(bytes: Uint8Array): unknown {
  const type = root.lookupType('Document');
  const { swagger, info, paths, definitions } = type.toObject(type.decode(bytes)) as Message;
  return {
    swagger,
    info,
    paths: unnamed((paths as Message)['path'], (item) => ({ get: operation(item['get'] as Message) })),
    definitions: unnamed((definitions as Message)['additional_properties'], schema),
  };
}

type Message = JsonObject;

function operation(message: Message): unknown {
  const { description, operation_id: operationId, produces, parameters = [], responses } = message;
  return {
    description,
    operationId,
    parameters: (parameters as Message[]).map(parameter),
    produces,
    responses: unnamed((responses as Message)['response_code'], ({ response }) => {
      const { description: text, schema: item } = response as Message;
      return { description: text, schema: schema((item as Message)['schema'] as Message) };
    }),
    ...extensions(message),
  };
}

function parameter(item: Message): unknown {
  const { non_body_parameter: place } = item['parameter'] as Message;
  const [inner] = Object.values(place as Message) as [Message];
  return inner;
}

function schema(message: Message): unknown {
  const { _ref: $ref, type, items, properties, additional_properties: rest, ...more } = message;
  const { vendor_extension: _, ...plain } = more;
  return {
    ...plain,
    ...($ref !== undefined && { $ref }),
    ...(type !== undefined && { type: ((type as Message)['value'] as string[])[0] }),
    ...(items !== undefined && { items: schema(((items as Message)['schema'] as Message[])[0] ?? {}) }),
    ...(rest !== undefined && { additionalProperties: schema((rest as Message)['schema'] as Message) }),
    ...(properties !== undefined && {
      properties: unnamed((properties as Message)['additional_properties'], schema),
    }),
    ...extensions(message),
  };
}

function extensions(message: Message): object {
  return unnamed(message['vendor_extension'], ({ yaml }) => JSON.parse(String(yaml)) as unknown);
}

function unnamed(list: unknown, read: (value: Message) => unknown): Record<string, unknown> {
  const pairs = (list ?? []) as { readonly name: string; readonly value: Message }[];
  return Object.fromEntries(pairs.map(({ name, value }) => [name, read(value)]));
}

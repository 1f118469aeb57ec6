import type { JsonObject } from '../../model/json-field.ts';
import { ProtoWriter } from './proto-writer.ts';

// The field numbers are those of OpenAPIv2.proto of gnostic-models, in which Kubernetes serves /openapi/v2. Its clients in Go read
// no other form: discovery's OpenAPISchema, on which the validation of kubectl and helm builds. Only what the feed's own document has
// is written here.

/** An OpenAPI v2 document as `openApiV2` makes it. */
export interface SwaggerDocument {
  readonly swagger: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, { readonly get: SwaggerOperation }>>;
  readonly definitions: Readonly<Record<string, SwaggerSchema>>;
}

interface SwaggerOperation extends JsonObject {
  readonly description: string;
  readonly operationId: string;
  readonly produces: readonly string[];
  readonly parameters: readonly SwaggerParameter[];
  readonly responses: Readonly<Record<string, SwaggerResponse>>;
}

interface SwaggerParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly description: string;
  readonly type: string;
}

interface SwaggerResponse {
  readonly description: string;
  readonly schema: SwaggerSchema;
}

interface SwaggerSchema extends JsonObject {
  readonly $ref?: string;
  readonly format?: string;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly additionalProperties?: SwaggerSchema;
  readonly type?: string;
  readonly items?: SwaggerSchema;
  readonly properties?: Readonly<Record<string, SwaggerSchema>>;
}

export function swaggerProtobuf(document: SwaggerDocument): Buffer {
  const out = new ProtoWriter();
  const { swagger, info, paths, definitions } = document;
  out.message(9, () => named(out, 1, definitions, writeSchema));
  out.message(8, () => named(out, 2, paths, (to, { get }) => to.message(2, () => writeOperation(to, get))));
  out.message(2, () => {
    out.text(2, info.version);
    out.text(1, info.title);
  });
  out.text(1, swagger);
  return out.take();
}

// The writer goes from the end to the start: so do the fields of each message here.

function writeOperation(out: ProtoWriter, operation: SwaggerOperation): void {
  writeExtensions(out, 13, operation);
  out.message(9, () =>
    named(out, 1, operation.responses, (to, response) => to.message(1, () => writeResponse(to, response))),
  );
  out.messages(8, operation.parameters, (parameter) => writeParameter(out, parameter));
  out.texts(6, operation.produces);
  out.text(5, operation.operationId);
  out.text(3, operation.description);
}

function writeResponse(out: ProtoWriter, { description, schema }: SwaggerResponse): void {
  out.message(2, () => out.message(1, () => writeSchema(out, schema)));
  out.text(1, description);
}

/** ParametersItem → Parameter → NonBodyParameter → a message for each place. */
function writeParameter(out: ProtoWriter, parameter: SwaggerParameter): void {
  const isPath = parameter.in === 'path';
  out.message(1, () =>
    out.message(2, () =>
      out.message(isPath ? 4 : 3, () => {
        out.text(isPath ? 5 : 6, parameter.type);
        out.text(4, parameter.name);
        out.text(3, parameter.description);
        out.text(2, parameter.in);
        if (isPath) out.boolean(1, true);
      }),
    ),
  );
}

function writeSchema(out: ProtoWriter, schema: SwaggerSchema): void {
  const { $ref, format, description, required, additionalProperties, type, items, properties } = schema;
  writeExtensions(out, 31, schema);
  if (properties) out.message(25, () => named(out, 1, properties, writeSchema));
  if (items) out.message(23, () => out.message(1, () => writeSchema(out, items)));
  if (type !== undefined) out.message(22, () => out.text(1, type));
  if (additionalProperties)
    out.message(21, () => out.message(1, () => writeSchema(out, additionalProperties)));
  if (required) out.texts(19, required);
  if (description !== undefined) out.text(4, description);
  if (format !== undefined) out.text(2, format);
  if ($ref !== undefined) out.text(1, $ref);
}

/** A map as messages with a name and a value. */
function named<T>(
  out: ProtoWriter,
  field: number,
  values: Readonly<Record<string, T>>,
  write: (out: ProtoWriter, value: T) => void,
): void {
  out.messages(field, Object.entries(values), ([name, value]) => {
    out.message(2, () => write(out, value));
    out.text(1, name);
  });
}

/** What begins with `x-`, its value as YAML; JSON is YAML. */
function writeExtensions(out: ProtoWriter, field: number, json: JsonObject): void {
  const extensions = Object.entries(json).filter(([name]) => name.startsWith('x-'));
  out.messages(field, extensions, ([name, value]) => {
    out.message(2, () => out.text(2, JSON.stringify(value)));
    out.text(1, name);
  });
}

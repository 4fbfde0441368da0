import { UserError } from "../../../errors.ts";
import { DYNAMIC_FIELD, type ForeignLayout, isVector } from "./layout.ts";
import { type FilterScope, type FilterTarget, inJson } from "../filter.ts";
import { type CollectionSchema, DataType, type FieldSchema } from "../wire/protocol.ts";

/** Words of the expression language, or likely future ones: a function cannot take a key of such a name. */
const reserved =
  /^(?:and|or|not|in|is|null|like|true|false|exists|between|interval|iso)$|match|contains|array|random|^st_/i;

/**
 * The fields that filters can name in a collection of another program: `source` and `title` mean the fields that stand
 * for them, and every other scalar field has its own name. `UserError` `foreign-filter` refuses `format`, `page` and
 * `heading`, which only this tool stores; a foreign field of that name is written `metadata.page`.
 */
export function foreignScope(collection: string, schema: CollectionSchema, layout: ForeignLayout): FilterScope {
  const fields = new Map(schema.fields.map((field) => [field.name, field]));
  const isDynamic = schema.enable_dynamic_field === true;
  const filterable = [...fields.values()].filter((field) => typeOf(field) !== null).map(({ name }) => name);

  const refused = (message: string, alternative: string | null = null): UserError =>
    new UserError("foreign-filter", message, {
      hint: [
        ...(alternative === null ? [] : [alternative]),
        `it can be filtered by source, title, ${filterable.join(", ")}${isDynamic ? " and its dynamic fields" : ""}`,
      ].join("; "),
    });

  function byName(name: string): FilterTarget {
    const field = fields.get(name);
    if (field !== undefined) {
      const target = typeOf(field);
      if (target !== null) return target;
      const holds = isVector(field) ? "vectors" : "what no filter reaches into";
      throw refused(`the field ${JSON.stringify(name)} of collection "${collection}" holds ${holds}`);
    }
    if (isDynamic) return inJson(DYNAMIC_FIELD, name, isIdentifier(name) ? name : null);
    throw refused(`collection "${collection}" has no field ${JSON.stringify(name)} to filter by`);
  }

  /** A field whose value is read as text. */
  function asText(name: string): FilterTarget {
    const target = byName(name);
    switch (target.type) {
      case "integer":
        return target.orNull === true ? { type: "opaque" } : { type: "key", field: name, isInteger: true };
      case "text":
      case "json":
        return target;
      default:
        return { type: "opaque" };
    }
  }

  return {
    target(field) {
      if (field.kind === "metadata") return byName(field.key);
      const { name } = field;
      const source = layout.source ?? layout.key.name;
      if (name === "source") return asText(source);
      if (name === "title") return asText(layout.title ?? source);
      const alternative = fields.has(name) || isDynamic ? `a field of its own is written metadata.${name}` : null;
      throw refused(
        `another program made the collection "${collection}", which has nothing for a filter by ${name}`,
        alternative,
      );
    },
    nothing: layout.key.isInteger
      ? `${layout.key.name} > 0 and ${layout.key.name} < 0`
      : `${layout.key.name} > "" and ${layout.key.name} < ""`,
  };
}

function isIdentifier(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && !reserved.test(name);
}

const elementTypes: Readonly<Record<number, "text" | "integer">> = {
  [DataType.varChar]: "text",
  [DataType.int8]: "integer",
  [DataType.int16]: "integer",
  [DataType.int32]: "integer",
  [DataType.int64]: "integer",
};

/** `null` where filters cannot compare the values of the field. */
function typeOf({
  name: field,
  data_type: type,
  nullable,
  element_type: elements = 0,
}: FieldSchema): FilterTarget | null {
  const orNull = nullable === true;
  switch (type) {
    case DataType.varChar:
      return { type: "text", field, orNull };
    case DataType.int8:
    case DataType.int16:
    case DataType.int32:
    case DataType.int64:
      return { type: "integer", field, orNull };
    case DataType.float:
    case DataType.double:
      return { type: "float", field, orNull };
    case DataType.bool:
      return { type: "boolean", field, orNull };
    case DataType.array:
      return { type: "list", field, elements: elementTypes[elements] ?? null };
    default:
      return null;
  }
}

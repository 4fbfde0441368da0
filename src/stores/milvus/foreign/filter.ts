import { UserError } from "../../../errors.ts";
import { metadataKey } from "../../../filters/match.ts";
import { DYNAMIC_FIELD, type ForeignLayout, isVector } from "./layout.ts";
import { type FilterScope, type FilterTarget, inJson } from "../filter.ts";
import { type CollectionSchema, DataType, type FieldSchema } from "../wire/protocol.ts";

/** Names that the expression language has a use for, or may get one: as a key they can only be read here. */
const reserved =
  /^(?:and|or|not|in|is|null|like|true|false|exists|between|interval|iso)$|match|contains|array|random|^st_/i;

/**
 * What filters of a collection that another program made can name: `source` and `title` by the fields that stand for
 * them, and every other scalar field by its own name. `format`, `page` and `heading` are of our own making, so it has
 * nothing for them; a field of its own that is called so is written `metadata.page`.
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
    target(name) {
      const source = layout.source ?? layout.key.name;
      if (name === "source") return asText(source);
      if (name === "title") return asText(layout.title ?? source);
      const key = metadataKey(name);
      if (key !== null) return byName(key);
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

/** `null` where filters cannot compare what the field holds. */
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

import { UserError } from "../../../errors.ts";
import { checkCollectionName } from "../../../util/collection-name.ts";

/**
 * Names in Milvus have letters, digits and underscores alone. A hyphen is written as an underscore there, and the end of
 * the name says which underscores are hyphens: `my-docs_v2` is `my_docs_v2__h1`, a hexadecimal number whose lowest bit is
 * the first underscore. A name without hyphens is the same on both sides, unless it looks like one of these: `a_b__h1`
 * becomes `a_b__h1__h0`. So no two names become one, and each can be read back.
 */
const written = /^(.+)__h(0|[1-9a-f][0-9a-f]*)$/;

/** The name of a collection on a server. May be longer than the name: by four characters, or by one more for each four hyphens or underscores. */
export function serverName(name: string): string {
  const plain = name.replaceAll("-", "_");
  if (plain === name) return collectionName(name) === name ? name : `${name}__h0`;
  const marks = [...name].filter((character) => character === "-" || character === "_");
  const bits = marks.reduce((sum, mark, index) => (mark === "-" ? sum | (1n << BigInt(index)) : sum), 0n);
  return `${plain}__h${bits.toString(16)}`;
}

/** The name that a collection of a server has for people; another program's is left as it is. */
export function collectionName(onServer: string): string {
  const [, plain, digits] = written.exec(onServer) ?? [];
  if (plain === undefined || digits === undefined) return onServer;
  if (digits === "0") return collectionName(plain) === plain ? onServer : plain;
  const bits = BigInt(`0x${digits}`);
  let mark = -1n;
  const name = plain.replaceAll("_", () => {
    mark += 1n;
    return (bits >> mark) & 1n ? "-" : "_";
  });
  // More bits than underscores: nobody wrote this by the rule above. A name begins with no hyphen.
  return bits >> (mark + 1n) === 0n && !name.startsWith("-") ? name : onServer;
}

/** Throws `UserError` `invalid-collection-name` (exit code 2) for what no server takes as a name. */
export function checkServerName(name: string): void {
  checkCollectionName(name);
  if (!name.includes("-")) return;
  throw new UserError("invalid-collection-name", `"${name}" cannot be the name of a collection of Milvus`, {
    hint: "use letters, digits and underscores",
  });
}

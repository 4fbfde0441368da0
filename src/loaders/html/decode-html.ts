import { isUtf8 } from "node:buffer";
import { decodeText } from "../../files/decode-text.ts";
import type { DecodedText } from "../../files/decode-text.ts";
import { webDecoderOf } from "../../files/encodings/decoders.ts";

/** Where a page or an XML file names its encoding: browsers look at the first 1024 bytes, too. */
const declaration = /<meta[^<>]+charset\s*=\s*["']?\s*([\w:.-]+)|<\?xml[^<>]+encoding\s*=\s*["']([\w:.-]+)/i;

/**
 * The text of a page: in UTF-8 where it is valid, else in the encoding that the page declares, else as any other text.
 * Throws what `decodeText` throws.
 */
export async function decodeHtml(bytes: Uint8Array): Promise<DecodedText> {
  if (isUtf8(bytes) || bytes.includes(0)) return decodeText(bytes);
  const head = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
  const found = declaration.exec(head);
  const declared = (found?.[1] ?? found?.[2] ?? "").toLowerCase();
  if (declared === "" || /^utf-?(?:8|16|32)/.test(declared)) return decodeText(bytes);
  const text = (await webDecoderOf(declared))?.(bytes) ?? "\uFFFD";
  if (text.includes("\uFFFD")) return decodeText(bytes);
  return { ...(await decodeText(Buffer.from(text))), encoding: declared };
}

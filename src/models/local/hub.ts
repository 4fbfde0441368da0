import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../../errors.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { readRegularText } from "../../files/read-regular-file.ts";
import { cacheFolder } from "../../files/user-folders.ts";
import { maxModelFileBytes } from "./model-folder.ts";

/** Where models from the hub are kept: they outlive an update of the package, whose own folder is its default. */
export function modelCache(variables: Readonly<Record<string, string | undefined>>): string {
  return variables["RAG_MODEL_CACHE"] || join(cacheFolder(variables), "models");
}

/** Milliseconds that a small file may take. */
const hubTimeoutMs = 60_000;

/**
 * Reads a small file of a model on the hub through the cache; `null` where the model has no such file. That it has none
 * is remembered where the hub says exactly that (404): any other refusal may pass, and to go on without the file would
 * make other vectors. Throws where the file cannot be had.
 */
export function readFromHub(
  model: string,
  hub: { cache: string; host: string; token?: string | undefined },
): (file: string) => Promise<string | null> {
  return async (file) => {
    const path = join(hub.cache, model, file);
    const cached = await readRegularText(path, maxModelFileBytes).catch(() => null);
    if (cached !== null) return cached === "" ? null : cached;
    const address = new URL(`${model}/resolve/main/${file}`, hub.host.replace(/\/?$/, "/"));
    const response = await fetch(address, {
      headers: hub.token && isHub(address) ? { authorization: `Bearer ${hub.token}` } : {},
      signal: AbortSignal.timeout(hubTimeoutMs),
    });
    if (!response.ok && response.status !== 404) {
      await response.body?.cancel();
      throw new Error(`HTTP ${response.status} for ${file}`);
    }
    const content = response.ok ? await smallText(response, file) : "";
    await makeFolder(dirname(path));
    const draft = `${path}.${randomUUID()}`;
    try {
      await writeFile(draft, content);
      // Another command never reads a half of it.
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
    return content === "" ? null : content;
  };
}

const hubNames = new Set(["huggingface.co", "hf.co"]);

/** The user's token for the hub goes to no mirror. */
function isHub({ protocol, host }: URL): boolean {
  return protocol === "https:" && hubNames.has(host);
}

/**
 * Refuses the hub by another way than HTTPS: the package sends it the user's token by its name alone, so that whoever is on
 * the way, or listens on another port, would get it. Throws `UserError` `insecure-hub`.
 */
export function refuseInsecureHub(address: string): void {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !hubNames.has(url.hostname) || isHub(url)) return;
  throw new UserError(
    "insecure-hub",
    `HF_ENDPOINT names the model hub as ${url.origin}, which is not its HTTPS address`,
    {
      hint: `set HF_ENDPOINT to https://${url.hostname}, to a mirror, or to nothing`,
    },
  );
}

async function smallText(response: Response, file: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > maxModelFileBytes) throw new Error(`${file} is larger than ${maxModelFileBytes / 1e6} MB`);
  }
  return text + decoder.decode();
}

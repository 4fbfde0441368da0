import { partialTail } from "./partial-tail.ts";

const mask = "***";

/** What looks like a secret wherever it stands; each keeps the part of the text that helps to understand a message. */
const patterns: [RegExp, string][] = [
  // Authorization: Bearer abc, "authorization": "Basic abc"
  [/\b(bearer|basic)(\s+)[\w.~+/=*-]{6,}/gi, `$1$2${mask}`],
  // scheme://user:password@host with any characters in the password, and scheme://token@host; taken for a path, such an
  // address has one slash only. What has digits alone before its next slash is a port, and no password.
  // All lengths have a bound: a message that repeats what was given may be long, and must not take long.
  [
    /(\b[a-z][a-z0-9+.-]{1,30}:[\\/]{1,8})(?:[^\s\\/?#:@"'`]{0,200}:(?!\d{1,5}[/?#])[^\s"'`]{1,2000}|[^\s\\/?#"'`]{1,2000})@/gi,
    `$1${mask}@`,
  ],
  // user:password@host
  [/(?<=^|[\s\\/"'`(=])[^\s\\/:@"'`(=]{1,200}:[^\s\\/@"'`]{1,2000}@(?=[\w[])/g, `${mask}@`],
  // ?api_key=abc
  [/([?&](?:api[-_]?key|key|token|access[-_]token|secret|password)=)[^&\s"'`]+/gi, `$1${mask}`],
  // Keys with the prefixes that model providers give them, whole or already starred out in the middle.
  [/\b(?:sk|pk|rk|fw|gsk|xai|hf|jina|pa|al|nvapi|tgp_v1|key)[-_][\w*-]{8,}/g, mask],
];

/** A secret shorter than this is left alone: masking it would garble ordinary words. */
const shortestSecret = 6;

/** Masks what looks like a secret: bearer tokens, provider keys, `user:password@` in addresses. */
export function redact(text: string): string {
  return patterns.reduce((result, [pattern, masked]) => result.replace(pattern, masked), text);
}

/** Masks known secrets wherever they occur. */
export interface SecretMask {
  (text: string): string;
  /** How many characters of `text` can be masked and shown while more may follow: what comes after may be the beginning of a secret. */
  settled(text: string): number;
}

/**
 * Masks these secrets as they are, URL-encoded, escaped as in JSON, or in Base64, and nothing else.
 * Values that are empty, not set or shorter than 6 characters are left out.
 */
export function createSecretMask(secrets: readonly (string | null | undefined)[]): SecretMask {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (!secret || secret.trim().length < shortestSecret) continue;
    for (const value of new Set([secret, secret.trim()])) {
      const bytes = Buffer.from(value);
      const text = value.toWellFormed();
      forms.add(value).add(encodeURIComponent(text)).add(encodeURI(text)).add(JSON.stringify(value).slice(1, -1));
      forms.add(bytes.toString("base64").replace(/(?<!=)=+$/, "")).add(bytes.toString("base64url"));
    }
  }
  // The longest first: a secret may be part of another.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  const maskAll = (text: string): string => ordered.reduce((result, form) => result.replaceAll(form, mask), text);
  return Object.assign(maskAll, { settled: (text: string) => settledLength(text, ordered) });
}

function settledLength(text: string, forms: readonly string[]): number {
  let length = text.length - forms.reduce((held, form) => Math.max(held, partialTail(text, form)), 0);
  // The text held back must not cut a secret in two: neither half would be recognised.
  for (let before = Number.POSITIVE_INFINITY; length < before;) {
    before = length;
    for (const form of forms) {
      const start = text.lastIndexOf(form, length - 1);
      if (start !== -1 && start + form.length > length) length = start;
    }
  }
  return length;
}

/** A function that masks these secrets, as `createSecretMask` does, and whatever else looks like a secret. */
export function createRedactor(secrets: readonly (string | null | undefined)[]): (text: string) => string {
  const maskSecrets = createSecretMask(secrets);
  return (text) => redact(maskSecrets(text));
}

const endings = /(?:keys?|token|secrets?|password|passwd|passphrase|credentials?|creds|_pwd|(?:^|_)(?:pass|pat))$/i;
const parts = /token(?!i)|secret|password|api_?key|(?:access|private)_?key/i;

/** Whether an environment variable is named as those are that hold a key, a token or a password. */
export function looksSecret(name: string): boolean {
  return endings.test(name) || parts.test(name);
}

/** Shorter values are no secrets, and occur in other texts by chance. */
const shortestSecret = 8;

/** The values of all environment variables that are named like secrets. */
export function secretValues(variables: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(variables).flatMap(([name, value = ""]) =>
    looksSecret(name) && value.trim().length >= shortestSecret ? [value] : [],
  );
}

/**
 * An address's `user:password` in every form that it may turn up in: as written, decoded, and the password alone, unless
 * that is too short to be told from a word (Milvus's own default is `Milvus`).
 */
export function credentialsOf(address: string): string[] {
  const written = /^(?:[a-z][a-z0-9+.-]*:\/+)?([^/\s]+)@/i.exec(address.trim())?.[1];
  if (written === undefined) return [];
  const decoded = decode(written);
  const passwords = [written, decoded].map((text) => text.replace(/^[^:]*:/, ""));
  return [...new Set([written, decoded, ...passwords.filter((text) => text.length >= shortestSecret)])];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Particles and verb endings that are written together with a noun, the longest first. */
const endings =
  /(?<=..)(?:에서는|에서도|으로는|으로서|으로써|이라는|했습니다|됩니다|합니다|입니다|습니다|하는|하여|하고|하기|하면|해야|되는|되어|에서|에게|에는|에도|으로|이나|이란|라는|부터|까지|처럼|보다|마다|들은|들이|들을|들의|은|는|이|가|을|를|의|에|로|와|과|도|만)$/;

/** A Korean word without its particle: `인덱스를`, `인덱스는` → `인덱스`. Two syllables stay at least. */
export function stemmer(word: string): string {
  const stem = word.replace(endings, "");
  // A plural stands before the particle.
  return stem.length > 2 && stem.endsWith("들") ? stem.slice(0, -1) : stem;
}

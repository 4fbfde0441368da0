import { slug } from "github-slugger";
import type { UrlStyle } from "../../types.ts";
import { normalized } from "../../text/normalized.ts";

/** The anchor of a heading, by its text without markup. Docusaurus takes GitHub's. Empty where the rule leaves nothing. */
export function headingAnchor(heading: string, style: UrlStyle): string {
  return style === "vitepress" ? vitepressSlug(heading) : slug(heading.trim());
}

/** As `slugify` of @mdit-vue/shared, which VitePress and VuePress use; it knows no duplicates, and neither does this. */
function vitepressSlug(heading: string): string {
  return normalized(heading, "NFKD")
    .replaceAll(/[\u0300-\u036F]/g, "")
    .replaceAll(/\p{Cc}/gu, "")
    .replaceAll(/[\s~`!@#$%^&*()\-_+=[\]{}|\\;:"'“”‘’<>,.?/]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .replace(/^(\d)/, "_$1")
    .toLowerCase();
}

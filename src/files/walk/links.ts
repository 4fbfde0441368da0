import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isInside } from "../real-path.ts";

/** Decides which links a walk follows, so that it ends, finds nothing twice, and stays in its folder. */
export interface LinkRules {
  /** Whether a link leads out of the walk and must not be followed. A link to a folder around it is a loop instead. */
  leadsOut(path: string, parent: string): Promise<boolean>;
  /** Whether the walk enters a folder. `isLink`: the folder is reached through a link. */
  enters(path: string, isLink: boolean, parent: string): Promise<boolean>;
}

export interface LinkRuleOptions {
  /** The folder that is walked, absolute. */
  folder: string;
  /** Follow links that lead out of the folder. */
  followLinks: boolean;
  /** Told of each link to a folder that the link is in. */
  onLoop(path: string): void;
}

export async function createLinkRules({ folder, followLinks, onLoop }: LinkRuleOptions): Promise<LinkRules> {
  const realTop = await realpath(folder);
  /**
   * The real path of each folder entered. The walk reports folders by the caller's path and compares them by this one.
   */
  const realPathOf = new Map<string, string>([[folder, realTop]]);
  const realParentOf = (parent: string): string => realPathOf.get(parent) ?? parent;

  /** Whether the target is a folder on the way from the top to this one, or around one. */
  function isAround(target: string, directory: string): boolean {
    for (let above = directory; above.length >= folder.length; above = dirname(above)) {
      if (isInside(realParentOf(above), target)) return true;
      if (above === dirname(above)) break;
    }
    return false;
  }

  return {
    async leadsOut(path, parent) {
      if (followLinks) return false;
      const target = await realpath(path);
      return !isInside(target, realTop) && !isInside(realParentOf(parent), target);
    },
    async enters(path, isLink, parent) {
      const realParent = realParentOf(parent);
      if (!isLink) {
        realPathOf.set(path, join(realParent, path.slice(parent.length)));
        return true;
      }
      const target = await realpath(path);
      if (isInside(realParent, target)) onLoop(path);
      if (isInside(target, realTop) || isAround(target, parent)) return false;
      realPathOf.set(path, target);
      return true;
    },
  };
}

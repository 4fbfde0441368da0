// `npm run build`. What the bundler's own command would add is a list of every file that it wrote.
import { build } from "rolldown";
import { loadConfig } from "rolldown/config";

await build(await loadConfig(".build/rolldown.config.ts"));

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openScreen } from "../cli/terminal/screen.ts";
import { needing } from "../fixtures/needs.ts";
import { terminalPicture } from "./terminal-picture.ts";

const columns = 92;
const files = {
  "handbook/bookings.md":
    "# Bookings\n\n## Prices\n\nA night costs 24 euros, and 16 euros for members. Children under six stay for free.\n\n## Length of a stay\n\nA guest may stay for up to five nights. In August the limit is three nights, as the hut is full then.\n\n## Cancelling\n\nA booking can be cancelled up to two days before, and is paid back in full.\n",
  "handbook/kitchen.md":
    "# Kitchen\n\n## Supper\n\nSupper is at seven. Whoever arrives later finds soup on the stove until nine.\n\n## Water\n\nThe water comes from the spring behind the hut and has to be boiled after heavy rain.\n",
  "handbook/contacts.csv": "name,role,phone\nAnna Keller,warden,555-0141\nJon Berg,mountain rescue,555-0199\n",
};
const commands = [
  "rag ingest handbook",
  'rag search "how long may a guest stay" -k 2',
  'rag ask "What does a night cost for members?"',
];
const picture = fileURLToPath(new URL("../../docs/terminal.svg", import.meta.url));

/** Without how long things took, which differs from run to run. */
function lasting(svg: string): string {
  return svg.replaceAll(/\d[\d.]* m?s\b/g, "0 s").replaceAll(/textLength="\d+"/g, "");
}

/** `npm run docs` draws it anew from a run; here it has to be what that would draw. */
test("docs/terminal.svg shows what a terminal shows", { ...needing("tmux"), timeout: 120_000 }, async () => {
  const screen = await openScreen({ columns, rows: 50 }, files);
  try {
    const lines: string[] = [];
    for (const command of commands) {
      await screen.command(command);
      if (lines.length > 0) lines.push("");
      lines.push(`\u001b[32m$\u001b[0m \u001b[1m${command}\u001b[0m`, ...(await screen.coloredLines()).slice(0, -1));
    }
    const drawn = terminalPicture(lines, columns, `a terminal: ${commands.join("; ")}`);
    const kept = await readFile(picture, "utf8").catch(() => "");
    await expect(lasting(kept) === lasting(drawn) ? kept : drawn).toMatchFileSnapshot(picture);
  } finally {
    await screen.close();
  }
});

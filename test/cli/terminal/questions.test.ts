import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { needing } from "../../fixtures/needs.ts";
import { type Screen, openScreen } from "./screen.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe("the questions of rag init, on a terminal of 40 columns", needing("tmux"), () => {
  let screen: Screen;
  beforeAll(async () => {
    screen = await openScreen({ columns: 40, rows: 40 }, { "docs/a.md": "# A\n\nText.\n" });
  });
  afterAll(() => screen?.close());

  test("break no word, and leave a whole line behind Ctrl-C", async () => {
    await screen.start("rag init");
    await screen.shows("[1]:");
    const shown = await screen.lines();
    expect(shown.join(" ").replaceAll(/\s+/g, " ")).toContain("1) in the folder .rag, served in-process: no server");
    await screen.press("C-c");
    await screen.isReady();
    expect(await screen.lines()).toContain("error: interrupted");
  });

  test("say what was no answer, and take the first choice for an empty line", async () => {
    await screen.start("rag init");
    await screen.shows("[1]:");
    await screen.press("9", "Enter");
    await screen.shows('"9" is none of them');
    for (let answers = 0; !(await screen.lines()).join("\n").includes("wrote"); answers++) {
      expect(answers).toBeLessThan(60);
      await screen.press("Enter");
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await screen.isReady();
    expect((await screen.command("cat .ragrc.json")).join("\n")).toContain('"collection": "docs"');
  });
});

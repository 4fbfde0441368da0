import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { CommandContext } from "../../../src/cli/context.ts";
import { confirm } from "../../../src/cli/render/confirm.ts";
import { createOutput } from "../../../src/cli/render/output.ts";

/** Asks on a terminal; `act` is what the person does. What the terminal shows, without the echo of the answer. */
async function ask(act: (stdin: PassThrough, abort: () => void) => void): Promise<{ answer: boolean; shown: string }> {
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const [stdin, stderr] = [terminal(), terminal()];
  const output = createOutput(
    { stdout: terminal(), stderr },
    { json: false, quiet: false, verbose: false, color: false },
    {},
  );
  const controller = new AbortController();
  const context: CommandContext = {
    variables: {},
    workingDirectory: "/",
    homeDirectory: "/",
    stdin,
    output,
    signal: controller.signal,
  };
  const asked = confirm("Drop it?", context);
  act(stdin, () => controller.abort(new Error("interrupted")));
  const answer = await asked;
  return { answer, shown: String(stderr.read()) };
}

describe("a question on the terminal", () => {
  it.each([
    ["y\n", true],
    ["YES\n", true],
    ["n\n", false],
    ["\n", false],
  ])("takes %j for %j", async (typed, answer) => {
    expect(await ask((stdin) => void stdin.write(typed))).toEqual({ answer, shown: "Drop it? [y/N] " });
  });

  it("is a no where it is not answered, and what follows begins a line", async () => {
    const no = { answer: false, shown: "Drop it? [y/N] \n" };
    expect(await ask((stdin) => void stdin.end())).toEqual(no);
    expect(await ask((_, abort) => setTimeout(abort, 20))).toEqual(no);
  });
});

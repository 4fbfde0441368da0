import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { type OutputOptions, createOutput } from "../../../src/cli/render/output.ts";

function open(options: Partial<OutputOptions> = {}) {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const output = createOutput(streams, { json: false, quiet: false, verbose: false, color: true, ...options }, {});
  const text = (stream: PassThrough) => String(stream.read() ?? "");
  return { output, stdout: () => text(streams.stdout), stderr: () => text(streams.stderr) };
}

describe("output", () => {
  const acted = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u202A-\u202E\u2066-\u2069]/;
  const hostile = "a\u009B2J\u202Eb\u061Cc\u2066d\u001B]0;t\u0007";

  it("lets nothing through that a terminal acts on, whatever is written to it", async () => {
    const { output, stdout, stderr } = open({ verbose: true });
    await output.results.write(`${hostile}\n`);
    await output.messages.write(`${hostile}\n`);
    output.notice(hostile);
    output.warn(hostile);
    output.failure(hostile);
    output.stage(hostile, 1, hostile);
    await output.error({ code: "x", message: hostile, hint: hostile });
    const json = open({ json: true });
    await json.output.writeJson({ hostile } as never);
    await json.output.error({ code: "x", message: hostile, hint: hostile });
    const written = [stdout(), stderr(), json.stdout()];
    const error = json.stderr();
    for (const text of [...written, error]) expect(text).not.toMatch(acted);
    expect(JSON.parse(error).error).toEqual({ code: "x", message: hostile, hint: hostile });
    expect(error).toContain(String.raw`a\u009b2J\u202eb`);
  });

  it("lets its own colours through on a terminal, and nothing else that begins like them", async () => {
    const stdout = Object.assign(new PassThrough(), { isTTY: true });
    const output = createOutput(
      { stdout, stderr: new PassThrough() },
      { json: false, quiet: false, verbose: false, color: true },
      {},
    );
    await output.results.write(`${output.results.colors.cyan("x")}\u001B[2J\u001B[31;1Hy`);
    expect(String(stdout.read())).toBe("\u001B[36mx\u001B[39m\uFFFD[2J\uFFFD[31;1Hy");
  });

  it("masks what is hidden, on both streams", async () => {
    const { output, stdout, stderr } = open();
    output.maskSecrets(["s3cr3t-token", null, ""]);
    await output.results.write("result s3cr3t-token\n");
    output.notice("notice s3cr3t-token");
    await output.error({ code: "x", message: "failed at http://me:s3cr3t-token@host", hint: null });
    expect(stdout()).toBe("result ***\n");
    expect(stderr()).not.toContain("s3cr3t");
  });

  it("masks a secret in a text that comes in pieces, wherever it is cut, and loses nothing else", async () => {
    const whole = "See s3: s3cr3t-token, s3cr3t-tokens3cr3t-token and s3cr3t";
    for (let first = 0; first <= whole.length; first++) {
      for (const second of [first, first + 1, first + 5, whole.length]) {
        const { output, stdout } = open();
        output.maskSecrets(["s3cr3t-token"]);
        const text = output.openText();
        for (const piece of [whole.slice(0, first), whole.slice(first, second), whole.slice(Math.max(first, second))]) {
          await text.write(piece);
        }
        await text.end();
        expect(stdout()).toBe("See s3: ***, ****** and s3cr3t");
      }
    }
  });

  it("writes each piece at once, but for what may be the beginning of a secret", async () => {
    const { output, stdout } = open();
    output.maskSecrets(["s3cr3t-token"]);
    const text = output.openText();
    await text.write("Answers");
    expect(stdout()).toBe("Answer");
    await text.write(" come");
    expect(stdout()).toBe("s come");
  });

  it("leaves passages alone that only look like a secret", async () => {
    const { output, stdout } = open();
    await output.results.write("set api_key=key-value-pairs-are-fine\n");
    expect(stdout()).toBe("set api_key=key-value-pairs-are-fine\n");
  });

  it("lets an error stand alone with --json, and says what it held back on success", async () => {
    const failed = open({ json: true });
    failed.output.notice("by the way");
    await failed.output.error({ code: "broken", message: "It broke.", hint: null });
    expect(JSON.parse(failed.stderr())).toEqual({ error: { code: "broken", message: "It broke.", hint: null } });

    const succeeded = open({ json: true });
    succeeded.output.notice("by the way");
    succeeded.output.settle();
    expect(succeeded.stderr()).toContain("by the way");
  });

  it("escapes what a terminal would act on in JSON, without changing the document", async () => {
    const { output, stdout } = open();
    const value = { text: "a\u009B31mb\u001B[0m\u202Ec\u007F" };
    await output.writeJson(value as never);
    const json = stdout();
    expect(json).not.toMatch(/[\u007F-\u009F\u202E]/);
    expect(JSON.parse(json)).toEqual(value);
  });

  it.each<[isTTY: boolean, variables: Record<string, string>, color: boolean | "always", colored: boolean]>([
    [true, {}, true, true],
    [false, {}, true, false],
    [false, { FORCE_COLOR: "1" }, true, true],
    [false, { FORCE_COLOR: "1" }, false, false],
    [false, {}, "always", true],
    [true, { NO_COLOR: "1", TERM: "dumb" }, "always", true],
    [true, { FORCE_COLOR: "1", TERM: "dumb" }, true, true],
    [true, { FORCE_COLOR: "0" }, true, false],
    [true, { TERM: "dumb" }, true, false],
    [true, { NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
    [true, { NO_COLOR: "" }, true, true],
    [true, { FORCE_COLOR: "1" }, false, false],
  ])("on a terminal: %s, with %j and --color %s, is coloured: %s", async (isTTY, variables, color, colored) => {
    const stream = () => Object.assign(new PassThrough(), { isTTY });
    const stderr = stream();
    const options = { json: false, quiet: false, verbose: false, color };
    const output = createOutput({ stdout: stream(), stderr }, options, variables);
    await output.error({ code: "broken", message: "it broke", hint: null });
    expect(String(stderr.read()).includes("\u001B[31m")).toBe(colored);
    expect(output.results.colors.red("x") !== "x").toBe(colored);
  });

  it("keeps notices to itself with --quiet, and durations without --verbose", () => {
    const quiet = open({ quiet: true });
    quiet.output.notice("by the way");
    quiet.output.stage("open", 12);
    quiet.output.warn("careful");
    expect(quiet.stderr()).toBe("warning: careful\n");
    const verbose = open({ verbose: true });
    verbose.output.stage("open", 1234, "collection docs");
    expect(verbose.stderr()).toBe("open: 1.2 s (collection docs)\n");
  });
});

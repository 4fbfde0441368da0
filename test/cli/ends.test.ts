import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sandbox, createSandbox } from "./run-rag.ts";

const rag = fileURLToPath(new URL("../../bin/rag.js", import.meta.url));
/** Runs a program on a terminal of its own; the given bytes are typed once the first have arrived. */
const onTerminal = `
import os, pty, select, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen, typed, end = b"", 0, time.time() + 60
while time.time() < end:
    ready, _, _ = select.select([terminal], [], [], 0.2)
    if ready:
        try: data = os.read(terminal, 65536)
        except OSError: break
        if not data: break
        seen += data
    if sys.argv[1].encode() in seen and typed < 2:
        os.write(terminal, b"\\x03"); typed += 1; time.sleep(0.05)
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.exit(0)
`;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox();
});
afterAll(() => sandbox.remove());

/** Code that runs in the tool's own process, beside it. */
const beside = (code: string) => ({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` });

describe("a bug", () => {
  it.each([
    ["an unhandled rejection", "setTimeout(() => Promise.reject(new Error('a bug of ours')), 1500)"],
    ["an exception that nobody catches", "setTimeout(() => { throw new Error('a bug of ours') }, 1500)"],
  ])("ends the command with 70 and says so: %s", async (_, code) => {
    const child = sandbox.start(["ask", "-", "--json"], beside(code));
    let stderr = "";
    child.stderr?.on("data", (data) => (stderr += data));
    const [exitCode] = (await once(child, "close")) as [number];
    expect({ exitCode, error: JSON.parse(stderr).error }).toEqual({
      exitCode: 70,
      error: { code: "internal", message: "a bug of ours", hint: expect.stringContaining("bug") },
    });
  });
});

describe.skipIf(process.platform === "win32")("an interruption", () => {
  it.each(["SIGHUP", "SIGTERM", "SIGINT"] as const)("by %s ends with 130 and says so", async (signal) => {
    const child = spawn(process.execPath, [rag, "ask", "-", "--json"], {
      cwd: sandbox.folder,
      env: { PATH: process.env["PATH"], HOME: sandbox.folder, ...beside("setTimeout(() => console.log('up'), 1500)") },
    });
    let stderr = "";
    child.stderr.on("data", (data) => (stderr += data));
    await once(child.stdout, "data");
    child.kill(signal);
    const [exitCode] = (await once(child, "close")) as [number];
    expect(exitCode).toBe(130);
    expect(JSON.parse(stderr).error.code).toBe("interrupted");
  });

  it("twice shows the cursor again that a progress line has hidden", async () => {
    // A progress line, and a command that does not end by itself.
    const code = `process.stderr.write("\\u001B[?25lhidden"); setInterval(() => {}, 1000); process.on("newListener", (name) => { if (name === "SIGINT") setTimeout(() => process.stderr.write("ready"), 500) });`;
    const seen = execFileSync("python3", ["-c", onTerminal, "ready", process.execPath, rag, "ask", "-"], {
      cwd: sandbox.folder,
      env: { PATH: process.env["PATH"], HOME: sandbox.folder, ...beside(code) },
      encoding: "utf8",
    });
    expect(seen.lastIndexOf("\u001B[?25h")).toBeGreaterThan(seen.lastIndexOf("\u001B[?25l"));
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isAlive, processIdentity } from "../../src/files/process-identity.ts";

describe("the identity of a process", () => {
  test("is short, stays, and is alive", () => {
    expect(processIdentity()).toMatch(/^[a-z0-9.-]{1,64}$/);
    expect(processIdentity()).toBe(processIdentity());
    expect(isAlive(processIdentity())).toBe("alive");
  });

  test("of a process that was killed is dead, also before anybody waited for it", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const [machine] = processIdentity().split(".");
    const identity = `${machine}.${child.pid}.-`;
    expect(isAlive(identity)).toBe("unknown");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isAlive(identity)).toBe("dead");
  });

  test.runIf(existsSync("/proc/self/stat"))("with another start is that of an earlier process of the same id", () => {
    const [machine, pid, start] = processIdentity().split(".");
    expect(isAlive(`${machine}.${pid}.${Number(start) - 1}`)).toBe("dead");
  });

  test.each(["", "nonsense", "0123456789abcdef.1.1", "0123456789abcdef.-1.1"])(
    "of elsewhere is unknown: %j",
    (other) => {
      expect(isAlive(other)).toBe("unknown");
    },
  );
});

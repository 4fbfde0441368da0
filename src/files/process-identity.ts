import { readFileSync, readlinkSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { shortHash } from "../util/ids.ts";

/** Written in place of the start of a process where the system does not tell it. */
const unknownStart = "-";

let own: string | null = null;

/**
 * Names this process so that no other process, on any machine and at any time, has the same name: the boot of the machine
 * with the PID namespace (hashed), the process id, and when the process started. At most 48 characters of
 * `[a-z0-9.-]`. Where the system has no `/proc`, the host's name and its network addresses stand for the boot, and the
 * start is unknown.
 */
export function processIdentity(): string {
  own ??= `${machine()}.${process.pid}.${statusOf(process.pid)?.start ?? unknownStart}`;
  return own;
}

/**
 * Whether the process of an identity still runs. `unknown`: it ran on another machine, before the last boot or in
 * another PID namespace, or a process of its id runs and its start cannot be compared. The age of what it wrote has to
 * decide then.
 */
export function isAlive(identity: string): "alive" | "dead" | "unknown" {
  if (identity === processIdentity()) return "alive";
  const [where, pidText = "", start] = identity.split(".");
  const pid = Number(pidText);
  if (where !== machine() || !Number.isSafeInteger(pid) || pid <= 0) return "unknown";
  const status = statusOf(pid);
  if (status !== null && start !== unknownStart) {
    return status.start === start && !status.ended ? "alive" : "dead";
  }
  return exists(pid) ? "unknown" : "dead";
}

let ownMachine: string | null = null;

/** Equal for processes that see each other by their ids, and only for them. */
function machine(): string {
  ownMachine ??= shortHash(bootAndNamespace() ?? hostAndAddresses()).slice(0, 16);
  return ownMachine;
}

/** See proc(5) and pid_namespaces(7); `null` where there is no `/proc`. */
function bootAndNamespace(): string | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return null;
  }
}

/** Host names repeat (`localhost`, images of containers), so the addresses of the network cards are added. */
function hostAndAddresses(): string {
  const cards = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const macs = new Set(cards.filter(({ internal }) => !internal).map(({ mac }) => mac));
  return [hostname(), ...[...macs].sort()].join(" ");
}

/**
 * Fields 3 and 22 of `/proc/<pid>/stat`, see proc(5): the state, and the clock ticks from boot to the start. A process
 * that nobody waited for stays listed after its end, as a zombie (Z) or dead (X). `null` where it is not listed.
 */
function statusOf(pid: number): { start: string; ended: boolean } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, field 2, is in parentheses and may hold anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const start = fields[19];
    return start === undefined ? null : { start, ended: /^[ZXx]$/.test(fields[0] ?? "") };
  } catch {
    return null;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, under another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

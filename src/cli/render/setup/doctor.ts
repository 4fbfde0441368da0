import type { Check } from "../../../pipeline/doctor/check.ts";
import type { DoctorDocument } from "../documents.ts";
import type { Output } from "../output.ts";
import { terminalText } from "../terminal-text.ts";

/** Shows each check as soon as it is made; with `--json` all of them at the end: `{"checks":[…]}`. */
export interface DoctorRenderer {
  show(check: Check): void;
  finish(checks: readonly Check[]): Promise<void>;
}

/** @param suggesting makes the commands of a hint such as can be pasted */
export function createDoctorRenderer(
  { options, results, writeJson }: Output,
  suggesting: (hint: string) => string,
): DoctorRenderer {
  const { bold, cyan, green, red, yellow } = results.colors;
  const colors = { ok: green, warn: yellow, fail: red };
  let writing = Promise.resolve();
  const write = (text: string): void => void (writing = writing.then(() => results.writeProse(text)));
  return {
    show({ name, status, message, hint }) {
      if (options.json || (options.quiet && status === "ok")) return;
      write(`${colors[status](status.padEnd(4))} ${bold(name)}: ${terminalText(message)}\n`);
      if (hint !== null) write(`     ${cyan("hint:")} ${terminalText(suggesting(hint))}\n`);
    },
    async finish(checks) {
      if (options.json) {
        const suggested = checks.map((check) => ({
          ...check,
          hint: check.hint === null ? null : suggesting(check.hint),
        }));
        return writeJson<DoctorDocument>({ checks: suggested });
      }
      const failed = checks.filter(({ status }) => status === "fail").length;
      const doubtful = checks.filter(({ status }) => status === "warn").length;
      write(`${checks.length} checks: ${failed} failed, ${doubtful} with a warning\n`);
      await writing;
    },
  };
}

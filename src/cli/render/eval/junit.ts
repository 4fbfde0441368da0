import type { GateCheck } from "../../../pipeline/eval/gate.ts";
import type { EvalReport } from "./report.ts";
import { escapeMarkup } from "./markup.ts";

/** The gate as a JUnit report: a suite for each mode, a test case for each condition. */
export function junitReport({ set, evaluation, gate, durationMs }: EvalReport): string {
  const suites = evaluation.modes.map(({ mode }) => {
    const checks = gate.filter((check) => check.mode === mode);
    return suite(`${set} ${mode}`, checks);
  });
  const failures = gate.filter(({ passed }) => !passed).length;
  const head = `<testsuites name="rag eval" tests="${gate.length}" failures="${failures}" time="${seconds(durationMs)}">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n${suites.join("")}</testsuites>\n`;
}

function suite(name: string, checks: readonly GateCheck[]): string {
  const failures = checks.filter(({ passed }) => !passed).length;
  const cases = checks.map((check) => testCase(name, check)).join("");
  return `  <testsuite name="${escapeMarkup(name)}" tests="${checks.length}" failures="${failures}">\n${cases}  </testsuite>\n`;
}

function testCase(suiteName: string, { measure, value, required, reason, passed }: GateCheck): string {
  const opening = `    <testcase classname="${escapeMarkup(suiteName)}" name="${escapeMarkup(`${measure} (${reason})`)}"`;
  if (passed) return `${opening}/>\n`;
  const message = `${measure} is ${value === null ? "not measured" : value.toFixed(4)}, ${required.toFixed(4)} required`;
  return `${opening}><failure message="${escapeMarkup(message)}"/></testcase>\n`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

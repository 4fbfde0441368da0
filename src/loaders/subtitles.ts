import { decodeText } from "../files/decode-text.ts";
import { fileStem } from "../files/file-stem.ts";
import { lineDocument } from "./line-document.ts";
import type { Loader } from "./types.ts";

const timing = /^\s*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->/;
/** The whole line, with WebVTT's settings: `align:left`. */
const timingLine = /^\s*[\d:.,]+\s*-->\s*[\d:.,]+(?:[ \t]+[a-z]+:\S+)*/;
const tags = /<\/?(?:[bius]|c|v|lang|ruby|rt|font)\b[^<>]*>|<\d{2}:[\d:.]+>|\{\\[^{}]*\}/gi;

const clock = /(?:(\d{1,3}):)?(\d{1,2}):(\d{2}[.,]\d{1,3})/g;
/** Seconds between two captions of which the second goes on with the first. */
const maxGapSeconds = 0.1;
const characters = { amp: "&", lt: "<", gt: ">", nbsp: " ", lrm: "", rlm: "" };

/**
 * Subtitles (SubRip and WebVTT): what is said, each text on its lines of the file. Numbers, times, styles and notes of
 * the file become blank lines; the speaker that WebVTT names stands before what is said. What rolls on from one caption to the
 * next is there once.
 */
export const subtitlesLoader: Loader = {
  name: "subtitles",
  version: 3,
  async load({ source, bytes }) {
    const { text, warnings } = await decodeText(bytes);
    const lines = text.split("\n");
    const isRolled = rollingText();
    let isBlock = false;
    const said = lines.map((line, index) => {
      if (line.trim() === "") isBlock = false;
      if (/^(?:WEBVTT|NOTE|STYLE|REGION)\b/.test(line) && (lines[index - 1] ?? "").trim() === "") isBlock = true;
      // The line above a time is the number or the name of the caption.
      const isName = timing.test(lines[index + 1] ?? "") && (lines[index - 1] ?? "").trim() === "";
      if (isBlock || isName) return "";
      // In a file that lost its line breaks, the text stands behind the time.
      const text = line
        .replace(timing.test(line) ? timingLine : "", "")
        .replaceAll(/<v(?:\.[^\s<>]*)?\s+([^<>]+)>/gi, "$1: ")
        .replaceAll(tags, "")
        .replaceAll(/&(amp|lt|gt|nbsp|lrm|rlm);/g, (_, name: keyof typeof characters) => characters[name])
        .trim();
      return isRolled(line, text) ? "" : text;
    });
    return {
      document: lineDocument({ source, format: "subtitles", title: fileStem(source) }, said.join("\n"), "lines"),
      warnings,
    };
  },
};

/**
 * Tells which lines of a caption stood on the screen already, as captions of machines roll: each begins with the last
 * lines of the one before, at the time when that one ends. Asked line by line.
 */
function rollingText(): (line: string, text: string) => boolean {
  let shown: string[] = [];
  let before: string[] = [];
  let end = -Infinity;
  let isStart = false;
  return (line, text) => {
    if (timing.test(line)) {
      const [start = 0, nextEnd = 0] = Array.from(line.matchAll(clock), secondsOf);
      before = start - end <= maxGapSeconds && start >= end - maxGapSeconds ? shown : [];
      [shown, end, isStart] = [[], nextEnd, true];
    }
    if (text === "") return false;
    shown.push(text);
    isStart &&= before.includes(text);
    return isStart;
  };
}

function secondsOf([, hours = "0", minutes = "", seconds = ""]: RegExpExecArray): number {
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds.replace(",", "."));
}

import { decodeText } from "../files/decode-text.ts";
import { fileStem } from "../files/file-stem.ts";
import { lineDocument } from "./line-document.ts";
import type { Loader } from "./types.ts";

const timing = /^\s*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->/;
/** The whole line, with WebVTT's settings: `align:left`. */
const timingLine = /^\s*[\d:.,]+\s*-->\s*[\d:.,]+(?:[ \t]+[a-z]+:\S+)*/;
const tags = /<\/?(?:[bius]|c|v|lang|ruby|rt|font)\b[^<>]*>|<\d{2}:[\d:.]+>|\{\\[^{}]*\}/gi;

/**
 * Subtitles (SubRip and WebVTT): what is said, each text on its lines of the file. Numbers, times, styles and notes of
 * the file become blank lines; the speaker that WebVTT names stands before what is said.
 */
export const subtitlesLoader: Loader = {
  name: "subtitles",
  version: 2,
  async load({ source, bytes }) {
    const { text, warnings } = await decodeText(bytes);
    const lines = text.split("\n");
    let isBlock = false;
    const said = lines.map((line, index) => {
      if (line.trim() === "") isBlock = false;
      if (/^(?:WEBVTT|NOTE|STYLE|REGION)\b/.test(line) && (lines[index - 1] ?? "").trim() === "") isBlock = true;
      // The line above a time is the number or the name of the caption.
      const isName = timing.test(lines[index + 1] ?? "") && (lines[index - 1] ?? "").trim() === "";
      if (isBlock || isName) return "";
      // Where the end of the line is lost, the text stands behind the time.
      return line
        .replace(timing.test(line) ? timingLine : "", "")
        .replaceAll(/<v(?:\.[^\s<>]*)?\s+([^<>]+)>/gi, "$1: ")
        .replaceAll(tags, "")
        .trim();
    });
    return {
      document: lineDocument({ source, format: "subtitles", title: fileStem(source) }, said.join("\n"), "lines"),
      warnings,
    };
  },
};

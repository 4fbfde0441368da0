/** Puts a message together of the lines that are typed. */
export interface MessageReader {
  /** The message, once this line completes one; `null` while more lines belong to it. */
  read(line: string): string | null;
  /** Lines of a message wait for the rest. */
  readonly isOpen: boolean;
  /** Forgets the lines that wait; gives them back as a message. */
  end(): string;
}

const fence = '"""';

/**
 * A line is a message, unless it ends with a backslash: then the next line belongs to it. From `"""` at the start of a line
 * to `"""` at the end of one, all lines are one message.
 */
export function createMessageReader(): MessageReader {
  let lines: string[] = [];
  let isFenced = false;
  const end = () => {
    const message = lines.join("\n").trim();
    lines = [];
    isFenced = false;
    return message;
  };
  return {
    get isOpen() {
      return isFenced || lines.length > 0;
    },
    read(line) {
      let rest = line;
      if (lines.length === 0 && !isFenced && rest.trimStart().startsWith(fence)) {
        isFenced = true;
        rest = rest.trimStart().slice(fence.length);
      }
      if (isFenced) {
        const closes = rest.trimEnd().endsWith(fence);
        lines.push(closes ? rest.trimEnd().slice(0, -fence.length) : rest);
        return closes ? end() : null;
      }
      const goesOn = rest.endsWith("\\");
      lines.push(goesOn ? rest.slice(0, -1) : rest);
      return goesOn ? null : end();
    },
    end,
  };
}

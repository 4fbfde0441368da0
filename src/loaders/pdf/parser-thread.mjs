/**
 * Runs in a worker thread: opens one PDF at a time with PDF.js, and gives its pages. It is plain JavaScript, which Node runs
 * from the sources as it does from the built program. `parser.ts` starts it, and has the types of what is said here.
 *
 * A thread of its own for PDF.js, because it works without a pause while it reads a page, says on the console alone what it
 * leaves out of a damaged file, and changes objects that the whole program uses.
 */
import { parentPort, workerData } from "node:worker_threads";

const { telling, assets } = workerData;

/** What PDF.js said about damage since the last answer. */
let messages = [];
const listen = (message) => {
  if (telling.test(message)) messages.push(String(message));
};
console.warn = listen; // oxlint-disable-line no-console
console.info = listen; // oxlint-disable-line no-console

// PDF.js loads the native code of a canvas where one is installed: a fault in it would end the whole process.
process.dlopen = () => {
  throw new Error("the thread that reads PDFs loads no native code");
};
// Needed to draw, which nobody does here; without it, a constant of the library fails where its canvas is not installed.
globalThis.DOMMatrix ??= Object;

// The library's build for older platforms replaces this by a version in JavaScript, which takes a tenth of all time.
const { push } = Array.prototype;
const pdfjs = await import(assets.library);
await import(assets.parser);
Array.prototype.push = push; // oxlint-disable-line no-extend-native

let document = null;
/** Whether the fonts of the document are bold, by the names that its pages have for them. */
let boldness = new Map();

/** Type is bold by the name of its font alone: most files say it nowhere else. `CMBX10` is what TeX calls its bold. */
const boldName = /bold|black|heavy|(?:^|\+)(?:cm|sf|ec-lm|lm)[a-z]*bx/i;
/** Short for demibold and for medium, as words of their own: not in `Academica` or `Intermedia`. */
const shortBoldName = /(?:Demi|Medi|(?<![A-Za-z])(?:demi|medi))(?![a-z])/;

const answers = {
  async open({ bytes, password }) {
    const task = pdfjs.getDocument({
      data: bytes,
      password,
      cMapUrl: assets.characterMaps,
      cMapPacked: true,
      standardFontDataUrl: assets.standardFonts,
      verbosity: pdfjs.VerbosityLevel.INFOS,
      isEvalSupported: false,
      useSystemFonts: false,
      disableFontFace: true,
      useWorkerFetch: false,
      useWasm: false,
      isOffscreenCanvasSupported: false,
      isImageDecoderSupported: false,
      // Images are left out.
      maxImageSize: 0,
      enableXfa: false,
    });
    document = await task.promise.catch(async (error) => {
      await task.destroy();
      throw error;
    });
    const { info } = await document.getMetadata().catch(() => ({ info: {} }));
    const information = Object.fromEntries(Object.entries(info).filter(([, value]) => typeof value === "string"));
    return { pageCount: document.numPages, information };
  },

  async page({ number }) {
    const page = await document.getPage(number);
    // Normalised by the layout instead: a ligature of Arabic must stay one character until the line is in reading order.
    const [{ items, styles }, annotations] = await Promise.all([
      page.getTextContent({ disableNormalization: true }),
      page.getAnnotations(),
    ]);
    await learnFonts(page, Object.keys(styles));
    page.cleanup();
    const runs = items
      .filter((item) => "str" in item)
      .map(({ str, transform, width, height, fontName, hasEOL }) => {
        const vertical = styles[fontName]?.vertical ?? false;
        const bold = boldness.get(fontName) ?? false;
        return { text: str, transform, width: vertical ? height : width, vertical, bold, endsLine: hasEOL };
      });
    return { runs, annotations: annotations.map(textOf) };
  },

  async close() {
    await document?.loadingTask.destroy();
    document = null;
    boldness = new Map();
  },
};

/**
 * Learns which of the fonts of a page are bold. PDF.js tells the name of a font with the instructions to draw it alone:
 * they are asked for where a page brings a font that no page before it had.
 */
async function learnFonts(page, names) {
  if (names.every((name) => boldness.has(name))) return;
  const said = messages.length;
  // A page that cannot be drawn may have told its fonts all the same.
  await page.getOperatorList({ annotationMode: pdfjs.AnnotationMode.DISABLE }).catch(() => {});
  // The text is read already: what is missing of the drawing is no loss.
  messages.length = said;
  for (const name of names) {
    const known = (page.commonObjs.has(name) && page.commonObjs.get(name)?.name) || "";
    boldness.set(name, boldName.test(known) || shortBoldName.test(known));
  }
}

/** The entries of an annotation that hold text. */
function textOf({ subtype, fieldType, fieldName, alternativeText, fieldValue, textContent, contentsObj }) {
  return { subtype, fieldType, fieldName, alternativeText, fieldValue, textContent, contents: contentsObj?.str };
}

parentPort.on("message", async ({ request, ...details }) => {
  const answer = {};
  try {
    answer.value = await answers[request](details);
  } catch (error) {
    answer.error = { name: error?.name ?? "Error", message: error?.message ?? String(error) };
  }
  answer.messages = messages;
  messages = [];
  parentPort.postMessage(answer);
});

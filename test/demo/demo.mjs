// `npm run demo`: the tool on its own documentation, from nothing to an answer with its sources. Every command is
// printed before it runs, as a person would type it; the store stays, so that the reader can go on by hand.
// Plain JavaScript: it runs on a fresh clone with nothing but Node and what `npm ci` and the build left.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";

const project = fileURLToPath(new URL("../..", import.meta.url));
const binary = join(project, "bin", "rag.js");

const query = "how documents are split into chunks";
const question = "Where do documents go when nothing is configured?";
/** Stands in the documentation, and has to be in the answer. */
const answer = /embedded store/;

/** Settings of the reader that would lead the commands to another store. */
const redirecting = ["MILVUS_URI", "MILVUS_TOKEN", "RAG_COLLECTION"].filter((name) => process.env[name]);
for (const name of redirecting) delete process.env[name];

const folder = realpathSync(mkdtempSync(join(tmpdir(), "rag-demo-")));
for (const name of ["docs", "README.md"]) cpSync(join(project, name), join(folder, name), { recursive: true });
// The nearest configuration wins: nothing that lies above the temporary folder has a say here.
writeFileSync(join(folder, ".ragrc"), `${JSON.stringify({ collection: "demo" })}\n`);

say("A copy of this project's documentation, in a folder of its own:");
show(`cd ${quoted(folder)}`);
show(`alias rag=${quoted(`node ${quoted(binary)}`)}`);
if (redirecting.length > 0) show(`unset ${redirecting.join(" ")}`);

say("Read the files, cut them into passages, index them. No server, no key, no model:");
rag(["ingest", "docs", "README.md"]);

say("What there is now:");
rag(["collections", "list"]);

say("Find passages:");
rag(["search", query, "--top-k", "2"]);

say("Ask a question. Without a language model, the answer is made of the documents' own sentences:");
rag(["ask", question]);
check();

say("Go on in the same folder, for example with:");
show(`cd ${quoted(folder)}`);
show(`alias rag=${quoted(`node ${quoted(binary)}`)}`);
show('rag ask "How do I leave files out of an ingest?"');
show("rag collections show demo");
say("The index is in .rag there. To remove all of it:");
show(`rm -r ${quoted(folder)}`);

/** Prints a command and runs it, its output going where this script's goes. Throws where it fails. */
function rag(argv) {
  show(["rag", ...argv.map(quoted)].join(" "));
  run(argv, "inherit");
}

/** The answer has to come from the documentation: from a file of it, in the words that stand there. */
function check() {
  const result = JSON.parse(run(["ask", question, "--json"], "pipe"));
  if (!answer.test(result.answer)) throw new Error(`the answer does not say ${answer}: ${result.answer}`);
  if (result.citations.length === 0) throw new Error("the answer cites nothing");
  for (const { source, quote } of result.citations) {
    const text = readFileSync(join(project, source), "utf8");
    if (!flat(text).includes(flat(quote))) throw new Error(`${source} does not say: ${quote}`);
  }
}

function run(argv, output) {
  const child = spawnSync(process.execPath, [binary, ...argv], {
    cwd: folder,
    stdio: ["ignore", output, output === "pipe" ? "ignore" : output],
    encoding: "utf8",
  });
  if (child.error) throw child.error;
  if (child.status !== 0) throw new Error(`rag ${argv.join(" ")} ended with ${child.status ?? child.signal}`);
  return child.stdout;
}

function say(text) {
  writeSync(1, `\n${text}\n\n`);
}

function show(command) {
  // `styleText` obeys NO_COLOR and knows whether the output is a terminal from Node 22 on; this runs on 20, too.
  const colored = process.stdout.isTTY && !process.env.NO_COLOR;
  writeSync(1, `${colored ? styleText("bold", `$ ${command}`) : `$ ${command}`}\n`);
}

/** For a POSIX shell: as it is where nothing in it means something there. */
function quoted(text) {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", String.raw`'\''`)}'` : `"${text}"`;
}

function flat(text) {
  return text.replaceAll(/\s+/g, " ").trim();
}

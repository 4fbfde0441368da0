import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { done, says, stops } from "../fakes/chat-answers.ts";
import { type Handler, startFakeServer } from "../fakes/openai-server.ts";
import { writeMarkdown } from "./corpus.ts";
import { type Figure, atMost } from "./figure.ts";
import { median } from "./measure.ts";
import { type Workspace, projectRoot, ragBinary } from "./workspace.ts";

const runs = 11;
const question = "What is lace bani ruce?";
const firstWord = "Answered";
/** What the model takes to think, and then to go on, in milliseconds. */
const pauseMs = 200;

/** When the server had the question, wrote the first word, and was done, by `performance.now()`. */
interface Served {
  askedAt: number;
  firstAt: number;
  doneAt: number;
}

/** What `rag ask` adds, as a whole process, to a search and a model that streams, and to the model's first word. */
export async function benchAsk(workspace: Workspace): Promise<Figure[]> {
  const served: Served[] = [];
  const server = await startFakeServer({ handlers: { "/v1/chat/completions": chat(served) } });
  try {
    const folder = await workspace.newFolder("ask");
    await writeMarkdown(join(folder, "docs"), { documents: 250, sections: 20, words: 150 });
    workspace.rag(["ingest", "docs"], folder);
    const providers = { bench: { baseUrl: server.baseUrl, chatModel: "bench" } };
    await writeFile(join(folder, ".ragrc"), JSON.stringify({ providers, llm: { provider: "bench" } }));

    const bare = join(projectRoot, "test", "bench", "bare-search.mjs");
    const beyondModel: number[] = [];
    const beyondSearch: number[] = [];
    const delays: number[] = [];
    for (let run = 0; run <= runs; run++) {
      workspace.progress(`ask: run ${run} of ${runs}`);
      const { milliseconds, firstAt } = await ask(folder, workspace);
      const search = workspace.node([bare, join(folder, ".rag"), "docs", question], folder).milliseconds;
      const last = served.at(-1);
      if (last === undefined) throw new Error("the model was never asked");
      // The first run warms up.
      if (run === 0) continue;
      const beyond = milliseconds - (last.doneAt - last.askedAt);
      beyondModel.push(beyond);
      beyondSearch.push(beyond - search);
      delays.push(firstAt - last.firstAt);
    }
    return [
      {
        name: "rag ask, 5k chunks, without the model's own time",
        value: median(beyondModel),
        unit: "ms",
        target: null,
      },
      {
        name: "the same, without what a bare search takes",
        value: median(beyondSearch),
        unit: "ms",
        target: atMost(250),
      },
      { name: "from the model's first word to its display", value: median(delays), unit: "ms", target: atMost(50) },
    ];
  } finally {
    await server.close();
  }
}

function chat(served: Served[]): Handler {
  return async (request, response) => {
    const pause = () => new Promise((resolve) => setTimeout(resolve, pauseMs));
    const send = (step: unknown) => response.write(`data: ${JSON.stringify(step)}\n\n`);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    await pause();
    const firstAt = performance.now();
    send(dataOf(says(`${firstWord} `)));
    await pause();
    send(dataOf(says("by the passages [1].")));
    send(dataOf(stops()));
    response.end("raw" in done ? done.raw : "");
    served.push({ askedAt: request.receivedAt, firstAt, doneAt: performance.now() });
  };
}

function dataOf(step: ReturnType<typeof says>): unknown {
  return "data" in step ? step.data : null;
}

/** Runs beside the server, so not synchronously. */
function ask(folder: string, workspace: Workspace): Promise<{ milliseconds: number; firstAt: number }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [ragBinary, "ask", question], {
      cwd: folder,
      env: workspace.variables,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let firstAt = Number.NaN;
    let printed = "";
    let messages = "";
    child.stdout.on("data", (part: Buffer) => {
      printed += part.toString();
      if (Number.isNaN(firstAt) && printed.includes(firstWord)) firstAt = performance.now();
    });
    child.stderr.on("data", (part: Buffer) => (messages += part.toString()));
    child.on("error", reject);
    child.on("close", (exitCode) => {
      if (exitCode !== 0 || Number.isNaN(firstAt)) {
        reject(new Error(`rag ask ended with ${exitCode}:\n${printed}${messages}`));
      } else resolve({ milliseconds: performance.now() - started, firstAt });
    });
  });
}

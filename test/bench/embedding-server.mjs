// An embedding API in a thread of its own, so that what it costs is not counted as the client's.
// Plain JavaScript: a worker is started without a compiler.
import { createServer } from "node:http";
import { parentPort, workerData } from "node:worker_threads";

const { latencyMs, dimensions, failEvery } = workerData;

const vector = Float32Array.from({ length: dimensions }, (_, index) => Math.sin(index + 1));
const embedding = Buffer.from(vector.buffer).toString("base64");

let requests = 0;
let texts = 0;

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const { input } = JSON.parse(Buffer.concat(parts).toString("utf8"));
    setTimeout(() => answer(response, input.length), latencyMs);
  });
});

function answer(response, count) {
  const index = requests++;
  if (failEvery > 0 && index % failEvery === failEvery - 1) {
    const status = index % (2 * failEvery) === failEvery - 1 ? 429 : 500;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { message: "Try again." } }));
    return;
  }
  texts += count;
  const data = Array.from({ length: count }, (_, position) => ({ object: "embedding", index: position, embedding }));
  response.writeHead(200, { "content-type": "application/json" });
  response.end(
    JSON.stringify({ object: "list", data, usage: { prompt_tokens: count * 200, total_tokens: count * 200 } }),
  );
}

server.listen(0, "127.0.0.1", () => parentPort.postMessage({ port: server.address().port }));
parentPort.on("message", () => parentPort.postMessage({ requests, texts }));

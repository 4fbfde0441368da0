import { isMainThread } from "node:worker_threads";
import { keepCompiledCode } from "./compiled-code.ts";

// Nothing else is imported here: whatever is loaded before this call is compiled anew in every run, and in every thread.
keepCompiledCode(import.meta.dirname, process.env);
// One bundle for both, as two would share parts, each of them a file more to read at every start.
void (isMainThread ? import("./main.ts") : import("./loading/thread/main.ts"));

import { keepCompiledCode } from "../../compiled-code.ts";

// Nothing else is imported here: whatever is loaded before this call is compiled anew in every thread.
keepCompiledCode(import.meta.dirname, process.env);
void import("./main.ts");

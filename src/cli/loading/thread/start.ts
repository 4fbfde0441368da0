import { keepCompiledCode } from "../../compiled-code.ts";

// A fault in native code would end the whole process, not the thread. No loader needs any; a library may try to find some.
process.dlopen = () => {
  throw new Error("threads that read files load no native code");
};
// Nothing else is imported here: whatever is loaded before this call is compiled anew in every thread.
keepCompiledCode(import.meta.dirname, process.env);
void import("./main.ts");

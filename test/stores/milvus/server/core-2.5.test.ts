import { engineContract } from "./server-under-test.ts";

await engineContract("core", { text: true, replaces: false });

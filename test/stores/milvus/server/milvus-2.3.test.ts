import { engineContract } from "./server-under-test.ts";

await engineContract("server", { text: false });

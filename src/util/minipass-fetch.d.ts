/** The package has no types of its own; so much of it is used. */
declare module "minipass-fetch" {
  import type { Agent } from "node:http";

  export default function fetch(url: string, init: RequestInit & { agent: Agent }): Promise<Response>;
}

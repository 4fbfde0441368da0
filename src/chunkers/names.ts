/** Every chunking strategy, as the command line and the configuration name it; the default is the schema's. */
export const strategies = ["markdown", "separator", "sentence", "recursive"] as const;

export type Strategy = (typeof strategies)[number];

export type Need =
  | "shared-data"
  | "chromium"
  | "model-weights"
  | "embedding-server"
  | "chat-server"
  | "milvus-server"
  | "server-key";
export const sharedDataFolder: string;
export const chromium: string;
export const needs: Readonly<Record<Need, { reason: string; isMet: boolean }>>;

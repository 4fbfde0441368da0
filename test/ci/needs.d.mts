export type Need =
  | "shared-data"
  | "model-weights"
  | "embedding-server"
  | "chat-server"
  | "milvus-server"
  | "server-key";
export const sharedDataFolder: string;
export const needs: Readonly<Record<Need, { reason: string; isMet: boolean }>>;

export type Need =
  | "pid-namespaces"
  | "shared-data"
  | "model-weights"
  | "embedding-server"
  | "chat-server"
  | "milvus-server"
  | "server-key"
  | "superuser";
export const sharedDataFolder: string;
export const needs: Readonly<Record<Need, { reason: string; isMet: boolean }>>;

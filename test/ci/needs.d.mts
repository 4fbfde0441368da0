export type Need =
  | "pid-namespaces"
  | "shared-data"
  | "pseudo-terminals"
  | "chromium"
  | "tmux"
  | "c-compiler"
  | "zsh"
  | "fish"
  | "docker"
  | "model-weights"
  | "embedding-server"
  | "chat-server"
  | "milvus-server"
  | "server-key"
  | "superuser";
export const sharedDataFolder: string;
export const chromium: string;
export const needs: Readonly<Record<Need, { reason: string; isMet: boolean }>>;

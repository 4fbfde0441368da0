import { type Survey, milvusPort } from "./survey.ts";

/** One of several answers to a question. */
export interface Choice {
  /** What the setting becomes; `null`: it is left out, and its default holds. */
  value: string | null;
  /** What that means, for people. */
  label: string;
}

/** A question about a setting, the choice to be recommended first. */
export interface Question {
  setting: "milvus.uri" | "embedding" | "llm";
  text: string;
  choices: Choice[];
}

const embedded: Choice = { value: null, label: "in the folder .rag, served in-process: no server, no Python" };

/** What to ask, by what was found. */
export function questionsAbout(found: Survey): Question[] {
  const server: Choice = {
    value: `http://localhost:${milvusPort}`,
    label: found.milvus ? `the Milvus that answers on port ${milvusPort}` : `a Milvus server on port ${milvusPort}`,
  };
  const lite: Choice = {
    value: "./milvus.db",
    label: found.python ? "Milvus Lite, a database in a file" : "Milvus Lite, once Python is installed",
  };
  const embedders = found.keys
    .filter(({ embeds }) => embeds)
    .map(({ provider, variable }) => keyed(provider, variable));
  const chats = found.keys.filter(({ chats }) => chats).map(({ provider, variable }) => keyed(provider, variable));
  const ollama = found.ollama ? [{ value: "ollama", label: "Ollama, which answers on this machine" }] : [];
  return [
    {
      setting: "milvus.uri",
      text: "Where shall the collections live?",
      choices: found.milvus ? [embedded, server, lite] : [embedded, lite, server],
    },
    {
      setting: "embedding",
      text: "Which model shall make vectors, for a search by meaning?",
      choices: [
        { value: null, label: "none: a search by words (BM25), which needs no model" },
        ...ollama.map((choice) => ({ ...choice, value: "ollama/nomic-embed-text" })),
        ...embedders,
        { value: "local", label: "a model in this process, once @huggingface/transformers is installed" },
      ],
    },
    {
      setting: "llm",
      text: "Which model shall answer?",
      choices: [{ value: null, label: "none: answers are quotes, with their places" }, ...ollama, ...chats],
    },
  ];
}

function keyed(provider: string, variable: string): Choice {
  return { value: provider, label: `${provider}, whose key is in ${variable}: texts are sent there` };
}

/** A configuration file with the answers, as it is written; `schema`: where editors find its description. */
export function settingsOf(
  answers: Readonly<Partial<Record<Question["setting"] | "collection", string | null | undefined>>>,
  schema: string,
): Record<string, unknown> {
  const { "milvus.uri": uri, collection, embedding, llm } = answers;
  const model = (text: string): object => {
    const [provider, ...rest] = text.split("/");
    return { provider, ...(rest.length === 0 ? {} : { model: rest.join("/") }) };
  };
  return {
    $schema: schema,
    collection: collection ?? "docs",
    ...(uri == null ? {} : { milvus: { uri } }),
    ...(embedding == null ? {} : { embedding: model(embedding) }),
    ...(llm == null ? {} : { llm: model(llm) }),
  };
}

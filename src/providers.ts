/**
 * What is known of each model provider: data only. Facts are from the providers' documentation. A price that could not
 * be found in a dated source is `null`, and no cost is then shown.
 */

export interface EmbeddingModelFacts {
  /** Length of a vector; `null`: asked for once. */
  dimensions: number | null;
  /** Whether the model can be asked for shorter vectors. */
  canShorten: boolean;
  /** A longer text is refused, or cut by the provider. */
  maxTokensPerText: number;
  /** Put before a question, and before a passage, when it is embedded. */
  queryPrefix: string;
  documentPrefix: string;
  /** USD per million tokens; 0 where it costs nothing, `null` where it is not known. */
  price: number | null;
}

interface EmbeddingFacts {
  /** Used where the configuration names none; `null`: it has to name one. */
  defaultModel: string | null;
  /** A model that is not listed can be used too; `unlistedModel` is then assumed of it. */
  models: Readonly<Record<string, EmbeddingModelFacts>>;
  /** Texts in one request. */
  maxBatch: number;
  /** Tokens in one request, all texts together. */
  maxTokensPerBatch: number;
  /** The request's field that asks for shorter vectors. */
  dimensionsParameter: "dimensions" | "output_dimension";
}

interface ChatModelFacts {
  /** USD per million tokens; `null` where it is not known. */
  inputPrice: number | null;
  outputPrice: number | null;
}

interface ChatFacts {
  defaultModel: string | null;
  models: Readonly<Record<string, ChatModelFacts>>;
}

export interface Provider {
  /** As people call it. */
  label: string;
  /** Address of its OpenAI-compatible API. `{model}` stands for the model's name where each model has a host. */
  baseUrl: string;
  /** Environment variable that holds the key; `null` where no key is needed. */
  keyVariable: string | null;
  /** Hosts that its key may be sent to; `*.` stands for any subdomain. */
  hosts: readonly string[];
  /** `null`: it offers no embeddings. */
  embedding: EmbeddingFacts | null;
  /** `null`: it offers no chat models. */
  chat: ChatFacts | null;
  /** When the prices were noted, `YYYY-MM`; `null` where there are none. */
  pricesNoted: string | null;
  /** One sentence that a person who sets it up should know. */
  note: string | null;
}

/** What is assumed of a model that no row lists. Most embedding models take 512 tokens, but hosted ones far more. */
export const unlistedModel: EmbeddingModelFacts = {
  dimensions: null,
  canShorten: false,
  maxTokensPerText: 8192,
  queryPrefix: "",
  documentPrefix: "",
  price: null,
};

const nomic: EmbeddingModelFacts = {
  ...unlistedModel,
  dimensions: 768,
  queryPrefix: "search_query: ",
  documentPrefix: "search_document: ",
};

const mxbai: EmbeddingModelFacts = {
  ...unlistedModel,
  dimensions: 1024,
  maxTokensPerText: 512,
  queryPrefix: "Represent this sentence for searching relevant passages: ",
};

/** Voyage puts these before a text itself when it is told what the text is for. */
const voyage: EmbeddingModelFacts = {
  ...unlistedModel,
  dimensions: 1024,
  canShorten: true,
  maxTokensPerText: 32_000,
  queryPrefix: "Represent the query for retrieving supporting documents: ",
  documentPrefix: "Represent the document for retrieval: ",
};

/** A server of one's own: it takes what its model takes, which nobody knows here. */
const selfHosted: EmbeddingFacts = {
  defaultModel: null,
  models: {},
  maxBatch: 64,
  maxTokensPerBatch: 100_000,
  dimensionsParameter: "dimensions",
};

const anyChatModel: ChatFacts = { defaultModel: null, models: {} };

export const providers: Readonly<Record<string, Provider>> = {
  openai: {
    label: "OpenAI",
    baseUrl: "https://api.openai.com/v1",
    keyVariable: "OPENAI_API_KEY",
    hosts: ["api.openai.com", "*.api.openai.com"],
    embedding: {
      defaultModel: "text-embedding-3-small",
      models: {
        "text-embedding-3-small": { ...unlistedModel, dimensions: 1536, canShorten: true, price: 0.02 },
        "text-embedding-3-large": { ...unlistedModel, dimensions: 3072, canShorten: true, price: 0.13 },
        "text-embedding-ada-002": { ...unlistedModel, dimensions: 1536, price: 0.1 },
      },
      maxBatch: 2048,
      maxTokensPerBatch: 300_000,
      dimensionsParameter: "dimensions",
    },
    chat: {
      defaultModel: "gpt-4o-mini",
      models: {
        "gpt-4o-mini": { inputPrice: 0.15, outputPrice: 0.6 },
        "gpt-4o": { inputPrice: 2.5, outputPrice: 10 },
        "gpt-4.1-mini": { inputPrice: 0.4, outputPrice: 1.6 },
        "gpt-5-mini": { inputPrice: 0.25, outputPrice: 2 },
        "gpt-5.4-mini": { inputPrice: 0.75, outputPrice: 4.5 },
      },
    },
    pricesNoted: "2026-07",
    note: null,
  },

  fireworks: {
    label: "Fireworks AI",
    baseUrl: "https://api.fireworks.ai/inference/v1",
    keyVariable: "FIREWORKS_API_KEY",
    hosts: ["api.fireworks.ai"],
    embedding: {
      defaultModel: "nomic-ai/nomic-embed-text-v1.5",
      models: {
        "nomic-ai/nomic-embed-text-v1.5": { ...nomic, canShorten: true },
        "nomic-ai/nomic-embed-text-v1": nomic,
        "mixedbread-ai/mxbai-embed-large-v1": mxbai,
        "fireworks/qwen3-embedding-8b": {
          ...unlistedModel,
          dimensions: 4096,
          canShorten: true,
          maxTokensPerText: 32_000,
        },
        "sentence-transformers/all-MiniLM-L6-v2": { ...unlistedModel, dimensions: 384, maxTokensPerText: 512 },
      },
      maxBatch: 100,
      maxTokensPerBatch: 100_000,
      dimensionsParameter: "dimensions",
    },
    chat: {
      defaultModel: "accounts/fireworks/models/llama-v3p3-70b-instruct",
      models: {},
    },
    pricesNoted: null,
    note: null,
  },

  deepseek: {
    label: "DeepSeek",
    baseUrl: "https://api.deepseek.com",
    keyVariable: "DEEPSEEK_API_KEY",
    hosts: ["api.deepseek.com"],
    embedding: null,
    chat: {
      defaultModel: "deepseek-v4-flash",
      models: {
        "deepseek-v4-flash": { inputPrice: 0.14, outputPrice: 0.28 },
        "deepseek-v4-pro": { inputPrice: 0.435, outputPrice: 0.87 },
        "deepseek-chat": { inputPrice: 0.14, outputPrice: 0.28 },
      },
    },
    pricesNoted: "2026-07",
    note: "`deepseek-chat` and `deepseek-reasoner` are old names of `deepseek-v4-flash`, announced to end on 2026-07-24.",
  },

  lepton: {
    label: "Lepton AI",
    baseUrl: "https://{model}.lepton.run/api/v1/",
    keyVariable: "LEPTONAI_TOKEN",
    hosts: ["*.lepton.run"],
    embedding: { ...selfHosted },
    chat: { defaultModel: "mistral-7b", models: {} },
    pricesNoted: null,
    note: "Since 2025 NVIDIA DGX Cloud Lepton: an endpoint of your own has its own address, which `baseUrl` takes.",
  },

  ollama: {
    label: "Ollama",
    baseUrl: "http://localhost:11434/v1",
    keyVariable: null,
    hosts: [],
    embedding: {
      ...selfHosted,
      defaultModel: "nomic-embed-text",
      models: {
        "nomic-embed-text": { ...nomic, maxTokensPerText: 2048, price: 0 },
        "mxbai-embed-large": { ...mxbai, price: 0 },
        "all-minilm": { ...unlistedModel, dimensions: 384, maxTokensPerText: 256, price: 0 },
        "bge-m3": { ...unlistedModel, dimensions: 1024, price: 0 },
      },
    },
    chat: { defaultModel: "llama3.2", models: { "llama3.2": { inputPrice: 0, outputPrice: 0 } } },
    pricesNoted: null,
    note: "Runs on your machine: `ollama pull` a model first.",
  },

  together: {
    label: "Together AI",
    baseUrl: "https://api.together.xyz/v1",
    keyVariable: "TOGETHER_API_KEY",
    hosts: ["api.together.xyz", "api.together.ai"],
    embedding: {
      ...selfHosted,
      models: {
        "intfloat/multilingual-e5-large-instruct": {
          ...unlistedModel,
          dimensions: 1024,
          maxTokensPerText: 512,
          queryPrefix: "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ",
          price: 0.02,
        },
      },
    },
    chat: { defaultModel: "meta-llama/Llama-3.3-70B-Instruct-Turbo", models: {} },
    pricesNoted: "2026-07",
    note: null,
  },

  groq: {
    label: "Groq",
    baseUrl: "https://api.groq.com/openai/v1",
    keyVariable: "GROQ_API_KEY",
    hosts: ["api.groq.com"],
    embedding: null,
    chat: {
      defaultModel: "openai/gpt-oss-120b",
      models: { "openai/gpt-oss-120b": { inputPrice: 0.15, outputPrice: 0.6 } },
    },
    pricesNoted: "2026-07",
    note: null,
  },

  mistral: {
    label: "Mistral AI",
    baseUrl: "https://api.mistral.ai/v1",
    keyVariable: "MISTRAL_API_KEY",
    hosts: ["api.mistral.ai"],
    embedding: {
      defaultModel: "mistral-embed",
      models: {
        "mistral-embed": { ...unlistedModel, dimensions: 1024, price: 0.1 },
        "codestral-embed": { ...unlistedModel, dimensions: 1536, canShorten: true, price: 0.15 },
      },
      maxBatch: 512,
      maxTokensPerBatch: 16_000,
      dimensionsParameter: "output_dimension",
    },
    chat: { defaultModel: "mistral-small-latest", models: {} },
    pricesNoted: "2026-07",
    note: null,
  },

  openrouter: {
    label: "OpenRouter",
    baseUrl: "https://openrouter.ai/api/v1",
    keyVariable: "OPENROUTER_API_KEY",
    hosts: ["openrouter.ai"],
    embedding: {
      ...selfHosted,
      defaultModel: "openai/text-embedding-3-small",
      models: {
        "openai/text-embedding-3-small": { ...unlistedModel, dimensions: 1536, canShorten: true },
        "openai/text-embedding-3-large": { ...unlistedModel, dimensions: 3072, canShorten: true },
      },
    },
    chat: { defaultModel: "openai/gpt-4o-mini", models: {} },
    pricesNoted: null,
    note: null,
  },

  jina: {
    label: "Jina AI",
    baseUrl: "https://api.jina.ai/v1",
    keyVariable: "JINA_API_KEY",
    hosts: ["api.jina.ai"],
    embedding: {
      ...selfHosted,
      defaultModel: "jina-embeddings-v3",
      models: { "jina-embeddings-v3": { ...unlistedModel, dimensions: 1024, canShorten: true } },
    },
    chat: null,
    pricesNoted: null,
    note: null,
  },

  voyage: {
    label: "Voyage AI",
    baseUrl: "https://api.voyageai.com/v1",
    keyVariable: "VOYAGE_API_KEY",
    hosts: ["api.voyageai.com"],
    embedding: {
      defaultModel: "voyage-4",
      models: {
        "voyage-4": { ...voyage, price: 0.06 },
        "voyage-4-lite": { ...voyage, price: 0.02 },
        "voyage-4-large": { ...voyage, price: 0.12 },
        "voyage-code-3": { ...voyage, price: 0.18 },
      },
      maxBatch: 1000,
      maxTokensPerBatch: 120_000,
      dimensionsParameter: "output_dimension",
    },
    chat: null,
    pricesNoted: "2026-05",
    note: null,
  },

  vllm: {
    label: "vLLM",
    baseUrl: "http://localhost:8000/v1",
    keyVariable: null,
    hosts: [],
    embedding: selfHosted,
    chat: anyChatModel,
    pricesNoted: null,
    note: "Name the model that the server was started with.",
  },

  llamacpp: {
    label: "llama.cpp",
    baseUrl: "http://localhost:8080/v1",
    keyVariable: null,
    hosts: [],
    embedding: selfHosted,
    chat: anyChatModel,
    pricesNoted: null,
    note: "Start `llama-server` with `--embeddings` and a pooling mode to embed with it.",
  },

  lmstudio: {
    label: "LM Studio",
    baseUrl: "http://localhost:1234/v1",
    keyVariable: null,
    hosts: [],
    embedding: selfHosted,
    chat: anyChatModel,
    pricesNoted: null,
    note: "Turn the local server on in the Developer tab.",
  },
};

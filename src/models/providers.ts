/**
 * What is known of each model provider: data only. Facts are from the providers' documentation. Every model has a price
 * of the month in `pricesNoted`; one that no dated source tells is `null`, and no cost is then shown.
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
  /**
   * Models that the provider ends or has ended, each with the one that takes its place. A name is sent as it was
   * written; where the provider refuses it, the hint tells the other.
   */
  successors: Readonly<Record<string, string>>;
}

/** What a request to `/rerank` and its answer look like; the fields `query`, `index` and the path differ from no other. */
export interface RerankFacts {
  /** Used where the configuration names none; `null`: it has to name one. */
  defaultModel: string | null;
  /** Path behind the base address. */
  path: string;
  /** Whether a model has to be named. A server that has one model alone needs no name, and gets the one that is given. */
  needsModel: boolean;
  /** The request's field that holds the passages. */
  documentsField: "documents" | "texts";
  /** What else the request holds: to shorten the answer, and to have long passages cut rather than refused. */
  extra: Readonly<Record<string, boolean | number>>;
  /** The answer's field that holds the list; `null`: the answer is the list. */
  resultsField: "results" | "data" | null;
  /** The field of an entry that holds the score. */
  scoreField: "relevance_score" | "score";
  /** Passages in one request. */
  maxDocuments: number;
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
  /** `null`: it offers no rerankers. */
  rerank: RerankFacts | null;
  /** When the prices were noted, `YYYY-MM`; `null` where there are none. */
  pricesNoted: string | null;
}

/** Everything but the price, which each row states for itself. */
type UnpricedModel = Omit<EmbeddingModelFacts, "price">;

/** Most embedding models take 512 tokens, but hosted ones far more. */
const usual: UnpricedModel = {
  dimensions: null,
  canShorten: false,
  maxTokensPerText: 8192,
  queryPrefix: "",
  documentPrefix: "",
};

/** What is assumed of a model that no row lists. */
export const unlistedModel: EmbeddingModelFacts = { ...usual, price: null };

const nomic: UnpricedModel = {
  ...usual,
  dimensions: 768,
  queryPrefix: "search_query: ",
  documentPrefix: "search_document: ",
};

const mxbai: UnpricedModel = {
  ...usual,
  dimensions: 1024,
  maxTokensPerText: 512,
  queryPrefix: "Represent this sentence for searching relevant passages: ",
};

/** Voyage puts these before a text itself when it is told what the text is for. */
const voyage: UnpricedModel = {
  ...usual,
  dimensions: 1024,
  canShorten: true,
  maxTokensPerText: 32_000,
  queryPrefix: "Represent the query for retrieving supporting documents: ",
  documentPrefix: "Represent the document for retrieval: ",
};

/**
 * A server of one's own: it takes what its model takes, which nobody knows here. Of the usual ones Text Embeddings
 * Inference takes the fewest texts, if it is not told otherwise.
 */
export const selfHosted: EmbeddingFacts = {
  defaultModel: null,
  models: {},
  maxBatch: 32,
  maxTokensPerBatch: 100_000,
  dimensionsParameter: "dimensions",
};

/** As Jina made it, and most servers understand it. */
export const usualRerank: RerankFacts = {
  defaultModel: null,
  path: "/rerank",
  needsModel: true,
  documentsField: "documents",
  extra: {},
  resultsField: "results",
  scoreField: "relevance_score",
  maxDocuments: 1000,
};

const anyChatModel: ChatFacts = { defaultModel: null, models: {}, successors: {} };

const unpriced: ChatModelFacts = { inputPrice: null, outputPrice: null };

export const providers: Readonly<Record<string, Provider>> = {
  openai: {
    label: "OpenAI",
    baseUrl: "https://api.openai.com/v1",
    keyVariable: "OPENAI_API_KEY",
    hosts: ["api.openai.com", "*.api.openai.com"],
    embedding: {
      defaultModel: "text-embedding-3-small",
      models: {
        "text-embedding-3-small": { ...usual, dimensions: 1536, canShorten: true, price: 0.02 },
        "text-embedding-3-large": { ...usual, dimensions: 3072, canShorten: true, price: 0.13 },
        "text-embedding-ada-002": { ...usual, dimensions: 1536, price: 0.1 },
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
      // The shutdown is on 2027-01-14 (developers.openai.com/api/docs/deprecations, of 2026-10).
      successors: {
        "gpt-4o-mini": "gpt-6-luna",
        "gpt-4o": "gpt-6-luna",
        "gpt-4.1-mini": "gpt-6-luna",
      },
    },
    rerank: null,
    pricesNoted: "2026-07",
  },

  fireworks: {
    label: "Fireworks AI",
    baseUrl: "https://api.fireworks.ai/inference/v1",
    keyVariable: "FIREWORKS_API_KEY",
    hosts: ["api.fireworks.ai"],
    embedding: {
      defaultModel: "nomic-ai/nomic-embed-text-v1.5",
      models: {
        "nomic-ai/nomic-embed-text-v1.5": { ...nomic, canShorten: true, price: null },
        "nomic-ai/nomic-embed-text-v1": { ...nomic, price: null },
        "mixedbread-ai/mxbai-embed-large-v1": { ...mxbai, price: null },
        "fireworks/qwen3-embedding-8b": {
          ...usual,
          dimensions: 4096,
          canShorten: true,
          maxTokensPerText: 32_000,
          price: null,
        },
        "sentence-transformers/all-MiniLM-L6-v2": { ...usual, dimensions: 384, maxTokensPerText: 512, price: null },
      },
      maxBatch: 100,
      maxTokensPerBatch: 100_000,
      dimensionsParameter: "dimensions",
    },
    chat: {
      // Llama is served from deployments of one's own only: the model library's `supportsServerless` is false for it, and
      // true for this one (github.com/Kiln-AI/Kiln/pull/1790, of 2026-09). Price: models.dev.
      defaultModel: "accounts/fireworks/models/gpt-oss-120b",
      models: {
        "accounts/fireworks/models/gpt-oss-120b": { inputPrice: 0.15, outputPrice: 0.6 },
        "accounts/fireworks/models/llama-v3p3-70b-instruct": unpriced,
      },
      successors: {
        "accounts/fireworks/models/llama-v3p3-70b-instruct": "accounts/fireworks/models/gpt-oss-120b",
      },
    },
    rerank: null,
    pricesNoted: "2026-07",
  },

  deepseek: {
    label: "DeepSeek",
    baseUrl: "https://api.deepseek.com",
    keyVariable: "DEEPSEEK_API_KEY",
    hosts: ["api.deepseek.com"],
    embedding: null,
    chat: {
      // api-docs.deepseek.com/quick_start/pricing, of 2026-10: `deepseek-flash` is V4.1 Flash, which serves the name
      // `deepseek-v4-flash` too since 2026-09-10. `deepseek-chat` and `deepseek-reasoner` ended on 2026-07-24, and are
      // refused with HTTP 400 since (github.com/raycast/extensions/issues/29730). Prices: at peak hours, input that is
      // not cached; half of it at other hours.
      defaultModel: "deepseek-flash",
      models: {
        "deepseek-flash": { inputPrice: 0.3, outputPrice: 1.2 },
        "deepseek-v4-flash": { inputPrice: 0.3, outputPrice: 1.2 },
        "deepseek-v4-pro": { inputPrice: 1.32, outputPrice: 3.96 },
      },
      successors: {
        "deepseek-chat": "deepseek-flash",
        "deepseek-reasoner": "deepseek-flash",
        "deepseek-v4-flash": "deepseek-flash",
      },
    },
    rerank: null,
    pricesNoted: "2026-09",
  },

  lepton: {
    label: "Lepton AI",
    baseUrl: "https://{model}.lepton.run/api/v1/",
    keyVariable: "LEPTONAI_TOKEN",
    hosts: ["*.lepton.run"],
    // NVIDIA DGX Cloud Lepton since 2025: an endpoint of one's own has an address of its own, which `baseUrl` takes.
    embedding: selfHosted,
    chat: { defaultModel: "mistral-7b", models: { "mistral-7b": unpriced }, successors: {} },
    rerank: null,
    pricesNoted: null,
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
        "all-minilm": { ...usual, dimensions: 384, maxTokensPerText: 256, price: 0 },
        "bge-m3": { ...usual, dimensions: 1024, price: 0 },
      },
    },
    chat: {
      defaultModel: "llama3.2",
      models: { "llama3.2": { inputPrice: 0, outputPrice: 0 } },
      successors: {},
    },
    rerank: null,
    pricesNoted: null,
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
          ...usual,
          dimensions: 1024,
          maxTokensPerText: 512,
          queryPrefix: "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ",
          price: 0.02,
        },
      },
    },
    chat: {
      defaultModel: "meta-llama/Llama-3.3-70B-Instruct-Turbo",
      models: { "meta-llama/Llama-3.3-70B-Instruct-Turbo": { inputPrice: 0.88, outputPrice: 0.88 } },
      successors: {},
    },
    rerank: null,
    pricesNoted: "2026-07",
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
      successors: {},
    },
    rerank: null,
    pricesNoted: "2026-07",
  },

  mistral: {
    label: "Mistral AI",
    baseUrl: "https://api.mistral.ai/v1",
    keyVariable: "MISTRAL_API_KEY",
    hosts: ["api.mistral.ai"],
    embedding: {
      defaultModel: "mistral-embed",
      models: {
        "mistral-embed": { ...usual, dimensions: 1024, price: 0.1 },
        "codestral-embed": { ...usual, dimensions: 1536, canShorten: true, price: 0.15 },
      },
      maxBatch: 512,
      maxTokensPerBatch: 16_000,
      dimensionsParameter: "output_dimension",
    },
    chat: {
      defaultModel: "mistral-small-latest",
      models: { "mistral-small-latest": { inputPrice: 0.15, outputPrice: 0.6 } },
      successors: {},
    },
    rerank: null,
    pricesNoted: "2026-07",
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
        "openai/text-embedding-3-small": { ...usual, dimensions: 1536, canShorten: true, price: null },
        "openai/text-embedding-3-large": { ...usual, dimensions: 3072, canShorten: true, price: null },
      },
    },
    chat: {
      defaultModel: "openai/gpt-4o-mini",
      models: { "openai/gpt-4o-mini": { inputPrice: 0.15, outputPrice: 0.6 } },
      successors: {},
    },
    rerank: null,
    pricesNoted: "2026-07",
  },

  jina: {
    label: "Jina AI",
    baseUrl: "https://api.jina.ai/v1",
    keyVariable: "JINA_API_KEY",
    hosts: ["api.jina.ai"],
    embedding: {
      ...selfHosted,
      defaultModel: "jina-embeddings-v3",
      models: { "jina-embeddings-v3": { ...usual, dimensions: 1024, canShorten: true, price: null } },
    },
    chat: null,
    rerank: { ...usualRerank, defaultModel: "jina-reranker-v2-base-multilingual", extra: { return_documents: false } },
    pricesNoted: null,
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
    rerank: { ...usualRerank, defaultModel: "rerank-2.5", resultsField: "data" },
    pricesNoted: "2026-05",
  },

  cohere: {
    label: "Cohere",
    baseUrl: "https://api.cohere.com/v2",
    keyVariable: "COHERE_API_KEY",
    hosts: ["api.cohere.com"],
    // Its API for both is one of its own, and the compatible one has another address.
    embedding: null,
    chat: null,
    rerank: { ...usualRerank, defaultModel: "rerank-v4.0-fast" },
    pricesNoted: null,
  },

  tei: {
    label: "Text Embeddings Inference",
    baseUrl: "http://localhost:3000/v1",
    keyVariable: null,
    hosts: [],
    embedding: selfHosted,
    chat: null,
    rerank: {
      ...usualRerank,
      // The API of OpenAI's kind stands under /v1, this one does not.
      path: "/../rerank",
      needsModel: false,
      documentsField: "texts",
      extra: { raw_scores: false, return_text: false, truncate: true },
      resultsField: null,
      scoreField: "score",
      // `--max-client-batch-size`, if the server is not told otherwise.
      maxDocuments: 32,
    },
    pricesNoted: null,
  },

  vllm: {
    label: "vLLM",
    baseUrl: "http://localhost:8000/v1",
    keyVariable: null,
    hosts: [],
    embedding: selfHosted,
    chat: anyChatModel,
    // One passage that is longer than the model takes fails the whole request otherwise; -1 is the model's own length.
    rerank: { ...usualRerank, extra: { truncate_prompt_tokens: -1 } },
    pricesNoted: null,
  },

  llamacpp: {
    label: "llama.cpp",
    baseUrl: "http://localhost:8080/v1",
    keyVariable: null,
    hosts: [],
    embedding: selfHosted,
    chat: anyChatModel,
    // One that was started as a router has several models.
    rerank: { ...usualRerank, needsModel: false },
    pricesNoted: null,
  },

  lmstudio: {
    label: "LM Studio",
    baseUrl: "http://localhost:1234/v1",
    keyVariable: null,
    hosts: [],
    embedding: selfHosted,
    chat: anyChatModel,
    rerank: null,
    pricesNoted: null,
  },
};

/** The part of `@huggingface/transformers` (3.x and 4.x) that is used: the package is optional, its types are not there. */
export interface Transformers {
  env: {
    version: string;
    cacheDir: string;
    localModelPath: string;
    allowLocalModels: boolean;
    allowRemoteModels: boolean;
    remoteHost: string;
  };
  AutoTokenizer: { from_pretrained(name: string, options: object): Promise<TransformersTokenizer> };
  AutoModel: { from_pretrained(name: string, options: object): Promise<TransformersModel> };
  AutoModelForSequenceClassification: { from_pretrained(name: string, options: object): Promise<TransformersModel> };
  Tensor: new (type: "int64", data: BigInt64Array, dims: number[]) => IntegerTensor;
}

/** `[texts, tokens]` */
interface IntegerTensor {
  data: BigInt64Array;
  dims: number[];
}

export interface TransformersTokenizer {
  (
    texts: string[],
    /** `text_pair`: a second text for each, encoded with it. */
    options: { text_pair?: string[]; padding: false; truncation: false; return_tensor: false },
  ): EncodedTexts;
  model_max_length?: number;
  pad_token_id?: number;
}

/** A list of numbers a text, of any length, for each input of the model. */
export interface EncodedTexts extends Record<string, number[][]> {
  input_ids: number[][];
}

/** `input_ids`, `attention_mask` (0 for padding), and for some models `token_type_ids`. */
export interface TransformersInputs extends Record<string, IntegerTensor> {
  attention_mask: IntegerTensor;
}

export interface TransformersModel {
  (inputs: TransformersInputs): Promise<Record<string, { dims: number[]; data: Float32Array } | undefined>>;
  config?: { max_position_embeddings?: number };
}

import type { Runtime } from "./runtime.ts";

/** The runtime with each embedding model opened once, however often it is asked for: a local one takes seconds to load. */
export function withKeptModels(runtime: Runtime): Runtime {
  const models = new Map<string, ReturnType<Runtime["openModel"]>>();
  return {
    ...runtime,
    openModel: (request) => {
      const key = JSON.stringify(request);
      const known = models.get(key);
      if (known !== undefined) return known;
      const opening = runtime.openModel(request);
      models.set(key, opening);
      opening.catch(() => models.delete(key));
      return opening;
    },
  };
}

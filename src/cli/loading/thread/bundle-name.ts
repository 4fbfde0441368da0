/** The bundle that threads run, beside the one that starts them; without its extension. */
export const loadingThread = "loading-thread";

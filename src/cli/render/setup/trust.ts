import type { Demand } from "../../../config/trust/demands.ts";
import type { TrustDocument } from "../documents.ts";
import type { Output } from "../output.ts";

/** A project's configuration file, and what it asks for. */
export interface TrustReview {
  /** Absolute. */
  file: string;
  trusted: boolean;
  demands: readonly Demand[];
}

/** What the file asks for, one line each, before the user is asked. */
export async function showDemands({ file, demands }: TrustReview, output: Output): Promise<void> {
  const lines = demands.map(({ setting, what }) => `  ${setting}: ${what}\n`);
  await output.results.writeProse(`${file} asks for more than a project may decide:\n${lines.join("")}`);
}

type TrustEnd = "trusted" | "harmless" | "shown" | "refused" | "revoked";

const ends: Record<TrustEnd, (file: string) => string> = {
  trusted: (file) => `${file} is trusted until it changes; to take that back: rag trust --revoke`,
  harmless: (file) => `${file} asks for nothing that needs your word`,
  shown: (file) => `${file} is not trusted`,
  refused: (file) => `${file} is not trusted`,
  revoked: (file) => `${file} is not trusted any more`,
};

/** With `--json` one document: `{"file","trusted","asks":[{"setting","what"}]}`. */
export async function renderTrust(
  { file, trusted, demands }: TrustReview,
  end: TrustEnd,
  output: Output,
): Promise<void> {
  if (output.options.json) {
    const asks = demands.map(({ setting, what }) => ({ setting, what }));
    return output.writeJson<TrustDocument>({ file, trusted, asks });
  }
  await output.results.writeProse(`${ends[end](file)}\n`);
}

import { formatBytes } from "../format.ts";
import type { Output } from "../output.ts";
import type { ProgressView } from "../progress.ts";

/** A file of a model, as far as it is here. */
export interface Download {
  model: string;
  file: string;
  loadedBytes: number;
  /** 0 where the hub does not tell. */
  totalBytes: number;
}

interface Downloading {
  stage: string;
  loadedBytes: number;
  totalBytes: number;
}

/**
 * Tells that a model is downloaded: by a line of progress on a terminal, where it goes away at the end, and by one notice a
 * model everywhere else.
 */
export function createDownloadReport(output: Output): (download: Download) => void {
  const { messages, options } = output;
  const noticed = new Set<string>();
  const files = new Map<string, Download>();
  let view: Promise<ProgressView<Downloading>> | null = null;
  return (download) => {
    const { model, file } = download;
    if (options.quiet || messages.columns === null) {
      if (!noticed.has(model)) output.notice(`downloading the model ${model}; it is kept for the next time`);
      noticed.add(model);
      return;
    }
    files.set(`${model}/${file}`, download);
    const all = [...files.values()];
    const sum = (size: (one: Download) => number) => all.reduce((total, one) => total + size(one), 0);
    const loadedBytes = sum((one) => one.loadedBytes);
    const totalBytes = sum((one) => one.totalBytes);
    const isOver = all.every((one) => one.loadedBytes >= one.totalBytes);
    // Loaded here: most commands download nothing.
    const shown = (view ??= import("../progress.ts").then(({ showProgress }) =>
      showProgress<Downloading>(output, describeDownload),
    ));
    if (isOver) view = null;
    void show(shown, { stage: `download ${model}`, loadedBytes, totalBytes }, isOver);
  };
}

async function show(view: Promise<ProgressView<Downloading>>, progress: Downloading, isOver: boolean): Promise<void> {
  const line = await view;
  line.update(progress);
  if (isOver) line.stop();
}

/** `download owner/model: 12.1 MB of 90.4 MB` */
function describeDownload({ stage, loadedBytes, totalBytes }: Downloading): string {
  return `${stage}: ${formatBytes(loadedBytes)}${totalBytes > 0 ? ` of ${formatBytes(totalBytes)}` : ""}`;
}

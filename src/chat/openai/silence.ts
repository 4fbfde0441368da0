export interface SilenceTimer {
  /** Aborted when the silence has lasted too long, or by the caller. */
  readonly signal: AbortSignal;
  /** The silence, not the caller, has aborted it. */
  readonly isOver: boolean;
  /** Counts from now. */
  restart(milliseconds?: number): void;
  pause(): void;
  end(): void;
}

/** Aborts a request when nothing comes for `milliseconds`. */
export function createSilenceTimer(milliseconds: number, outer: AbortSignal | undefined): SilenceTimer {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const pause = () => clearTimeout(timer);
  return {
    signal: outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal]),
    get isOver() {
      return controller.signal.aborted;
    },
    restart(limit = milliseconds) {
      pause();
      timer = setTimeout(() => controller.abort(), Math.min(limit, milliseconds));
    },
    pause,
    end: pause,
  };
}

/** What surrounds a run: all that the parts may know of the process and of where its configuration came from. */
export interface Environment {
  /** Environment variables. */
  variables: Readonly<Record<string, string | undefined>>;
  /**
   * Folder of the configuration file; without one, the nearest folder upwards that holds a `.rag`, else the working folder.
   * Absolute. Sources and relative paths start here.
   */
  projectRoot: string;
  /** Absolute. Paths on the command line start here. */
  workingDirectory: string;
  /** The file that was loaded, absolute. */
  configFile: string | null;
  /** The user answers for the file: in the home folder, named with `--config`, agreed to by `rag trust`, or there is none. */
  configIsTrusted: boolean;
}

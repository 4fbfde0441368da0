/** What surrounds a run: all that the parts may know of the process and of where its configuration came from. */
export interface Environment {
  /** Environment variables. */
  variables: Readonly<Record<string, string | undefined>>;
  /** Folder of the configuration file, else the working folder; absolute. Sources and relative paths start here. */
  projectRoot: string;
  /** Absolute. Paths on the command line start here. */
  workingDirectory: string;
  /** The file that was loaded, absolute. */
  configFile: string | null;
  /** The file is the user's own: in the home folder, named with `--config`, or there is none. */
  configIsTrusted: boolean;
}

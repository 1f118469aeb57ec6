/** Where a server runs if not beside the test: a network namespace whose loopback is its own. */
export interface Place {
  /** Words in front of a command line that make the command run there. */
  readonly command: readonly string[];
  /** Lets the same loopback port of the test's own side lead to that of the place, until the place ends. */
  reach(port: number): Promise<void>;
}

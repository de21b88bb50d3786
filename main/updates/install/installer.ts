/** Puts a package, whose hash was checked just before, in the place of the running program. */
export interface Installer {
  /**
   * Does whatever can be done while the app runs, and answers the last step: it ends the app and lets the new version start. Throws `update-untrusted` where the
   * system says that the package is not ours, `update-not-installed` where it cannot be installed; then everything is as before.
   */
  prepare(file: string): Promise<() => void>;
}

const KEEP_MS = 60_000;

/**
 * Has the browser save something under a name that the person can change.
 *
 * SECURITY: the text goes from this page to the file as a blob. No message of ours carries it, so none of main's code sees it; main only lets downloads
 * of the page's own blobs happen.
 */
export function saveFile(name: string, pieces: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([...pieces], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}

import { join } from "node:path";
import { Menu, nativeImage, Tray } from "electron";
import type { Log } from "../logging/log.ts";
import type { TrayFace } from "./tray-face.ts";

export type TrayDeps = {
  /** Absolute path of the folder with the drawn icons. */
  readonly icons: string;
  readonly platform: NodeJS.Platform;
  readonly log: Log;
  readonly open: () => void;
  readonly lock: () => void;
  readonly setQuiet: (quiet: boolean) => void;
  readonly quit: () => void;
};

/**
 * The icon beside the clock. Where a desktop shows none (GNOME without an extension) Electron does not say so, and nothing here is the only way to
 * something: starting Bulkhead again opens the window of the one that runs.
 */
export class TrayIcon {
  readonly #deps: TrayDeps;
  #tray: Tray | undefined;
  #shown: Shown | undefined;

  constructor(deps: TrayDeps) {
    this.#deps = deps;
  }

  /** Puts the icon there, or changes it. `quiet`: nothing is told of for now. */
  show(face: TrayFace, quiet: boolean): void {
    const next = { ...face, quiet };
    if (isSame(next, this.#shown)) return;
    this.#shown = next;
    const { open, lock, setQuiet, quit, log } = this.#deps;
    try {
      const image = this.#imageOf(face);
      if (this.#tray === undefined) {
        this.#tray = new Tray(image);
        this.#tray.on("click", open);
      } else this.#tray.setImage(image);
      this.#tray.setToolTip(`Bulkhead: ${face.status}`);
      // On Linux a changed item is seen in a new menu only, and an icon without a menu not at all.
      this.#tray.setContextMenu(
        Menu.buildFromTemplate([
          { label: face.status, enabled: false },
          { type: "separator" },
          { label: "Open Bulkhead", click: open },
          { label: "Lock now", enabled: face.canLock, click: lock },
          { label: "Do not disturb", type: "checkbox", checked: quiet, click: ({ checked }) => setQuiet(checked) },
          { type: "separator" },
          { label: "Quit Bulkhead", click: quit },
        ]),
      );
    } catch (error) {
      // A desktop that refuses an icon is one that shows none.
      log.bug("tray.failed", error);
    }
  }

  /** Takes the icon away. */
  remove(): void {
    this.#tray?.destroy();
    this.#tray = undefined;
    this.#shown = undefined;
  }

  #imageOf({ image }: TrayFace): ReturnType<typeof nativeImage.createFromPath> {
    const { icons, platform } = this.#deps;
    // macOS takes a file for a template by the end of its name; denser screens have theirs beside it.
    const ending = platform === "darwin" ? "Template" : platform === "linux" ? "-linux" : "";
    return nativeImage.createFromPath(join(icons, `${image}${ending}.png`));
  }
}

type Shown = TrayFace & { readonly quiet: boolean };

const isSame = (a: Shown, b: Shown | undefined): boolean =>
  a.image === b?.image && a.status === b.status && a.canLock === b.canLock && a.quiet === b.quiet;

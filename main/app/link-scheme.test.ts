import { expect, test } from "vitest";
import { offerToOpenLinks } from "./link-scheme.ts";

/** Windows' list of who opens which links, as far as it is asked about. */
class Registry {
  readonly isPackaged: boolean;
  /** The program that opens `matrix:`; empty for none. */
  holder = "";
  writes = 0;

  constructor(isPackaged = true) {
    this.isPackaged = isPackaged;
  }

  getApplicationNameForProtocol(url: string): string {
    // Electron wants the scheme with its `://` and answers nothing otherwise.
    return url === "matrix://" ? this.holder : "";
  }

  setAsDefaultProtocolClient(scheme: string, _program: string, args: string[]): boolean {
    expect(scheme).toBe("matrix");
    // What a link smuggles into the command line is no switch behind this.
    expect(args).toEqual(["--"]);
    this.writes++;
    this.holder = "Bulkhead";
    return true;
  }
}

test("Windows: where nobody opens Matrix links, this program does from then on, and does not say so again", () => {
  const registry = new Registry();
  offerToOpenLinks(registry, "win32");
  expect(registry.holder).toBe("Bulkhead");
  offerToOpenLinks(registry, "win32");
  expect(registry.writes).toBe(1);
});

test("a program that took the links over keeps them, at every start; once it is gone they come back", () => {
  const registry = new Registry();
  offerToOpenLinks(registry, "win32");
  registry.holder = "Element";
  for (let starts = 0; starts < 3; starts++) offerToOpenLinks(registry, "win32");
  expect(registry.holder).toBe("Element");
  registry.holder = "";
  offerToOpenLinks(registry, "win32");
  expect(registry.holder).toBe("Bulkhead");
});

test("a working copy, and a system whose packages say it themselves, register nothing", () => {
  const copy = new Registry(false);
  offerToOpenLinks(copy, "win32");
  const registry = new Registry();
  for (const platform of ["linux", "darwin"] as const) offerToOpenLinks(registry, platform);
  expect([copy.writes, registry.writes]).toEqual([0, 0]);
});

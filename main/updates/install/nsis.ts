import { execFile } from "node:child_process";
import { join } from "node:path";
import { CodedError } from "../../../protocol/errors.ts";
import type { Installer } from "./installer.ts";
import { startDetached } from "./start-detached.ts";

/** Answers what the program wrote to its output; rejects where it could not be run. */
export type RunProgram = (program: string, args: readonly string[], env: Readonly<Record<string, string>>) => Promise<string>;

const CHECK_TIMEOUT_MS = 60_000;
/**
 * Reads the path from the environment: no character of it is ever part of a command. Answers in base64, because the output has the system's code page, which
 * need not know the letters of a publisher's name. A file without a signature has no certificate to ask.
 */
const CHECK =
  "$s = Get-AuthenticodeSignature -LiteralPath $env:BULKHEAD_UPDATE; $c = $s.SignerCertificate; " +
  "$name = if ($c) { $c.GetNameInfo('SimpleName', $false) } else { '' }; " +
  "$json = @{ status = [int]$s.Status; subject = [string]$name } | ConvertTo-Json -Compress; " +
  "[Console]::Out.Write([Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($json)))";

/**
 * The installer for Windows. Our own signature over its hash was checked before; here Windows says that its Authenticode signature is valid and whose it is. It
 * then runs silently, waits for the app to end, and starts it again.
 */
export function nsisInstaller(publisher: string | null, quit: () => void, run: RunProgram = runProgram, start = startDetached): Installer {
  return {
    async prepare(file) {
      if (publisher === null || (await publisherOf(file, run)) !== publisher) throw new CodedError("update-untrusted");
      return () => {
        start(file, ["/S", "--updated", "--force-run"]);
        quit();
      };
    },
  };
}

/** Whose valid signature a file has; undefined where it has none. */
async function publisherOf(file: string, run: RunProgram): Promise<string | undefined> {
  const systemRoot = process.env["SystemRoot"] ?? "C:\\Windows";
  // By its full path: a program of this name elsewhere in the search path is not asked.
  const powershell = join(systemRoot, "System32", "WindowsPowerShell", "v1.0", "powershell.exe");
  const output = await run(powershell, ["-NoProfile", "-NonInteractive", "-InputFormat", "None", "-Command", CHECK], {
    BULKHEAD_UPDATE: file,
  }).catch(() => {
    throw new CodedError("update-not-installed");
  });
  return parseSignature(output);
}

function parseSignature(output: string): string | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(output, "base64").toString());
    const { status, subject } = Object(value) as { readonly status?: unknown; readonly subject?: unknown };
    // 0 is `Valid` of System.Management.Automation.SignatureStatus.
    return status === 0 && typeof subject === "string" && subject !== "" ? subject : undefined;
  } catch {
    return undefined;
  }
}

/** Without the modules of whoever is signed in: the system's own know enough. */
const runProgram: RunProgram = (program, args, env) =>
  new Promise((resolve, reject) => {
    execFile(
      program,
      [...args],
      { env: { ...process.env, PSModulePath: "", ...env }, timeout: CHECK_TIMEOUT_MS, maxBuffer: 65_536, windowsHide: true },
      (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
    );
  });

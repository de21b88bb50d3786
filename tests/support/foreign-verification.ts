import type { VerificationRequest, Verifier } from "matrix-js-sdk/lib/crypto-api/index.js";
import { VerificationPhase } from "matrix-js-sdk/lib/crypto-api/verification.js";
import { until } from "./scenarios/party.ts";

export type ComparedCodes = { readonly emoji: readonly (readonly [string, string])[]; readonly decimals: readonly number[] };

/** One verification as matrix-js-sdk sees it, with the presses of a person at Element. */
export class ForeignVerification {
  readonly #request: VerificationRequest;
  #running = false;

  constructor(request: VerificationRequest) {
    this.#request = request;
  }

  get flowId(): string {
    return this.#request.transactionId ?? "";
  }

  get cancelCode(): string | null {
    return this.#request.cancellationCode;
  }

  get phase(): keyof typeof VerificationPhase {
    return names[this.#request.phase];
  }

  accept(): Promise<void> {
    return this.#request.accept();
  }

  cancel(): Promise<void> {
    return this.#request.cancel();
  }

  async startSas(): Promise<void> {
    await this.reaches("Ready");
    this.#run(await this.#request.startVerification("m.sas.v1"));
  }

  /** Joins the comparison if the other side has begun it, and waits for what is to be compared. */
  async codes(): Promise<ComparedCodes> {
    const { sas } = await until("js-sdk to show emoji", () => this.#join()?.getShowSasCallbacks() ?? undefined);
    return { emoji: sas.emoji ?? [], decimals: sas.decimal ?? [] };
  }

  async confirm(): Promise<void> {
    await this.#join()?.getShowSasCallbacks()?.confirm();
  }

  mismatch(): void {
    this.#join()?.getShowSasCallbacks()?.mismatch();
  }

  async showQr(): Promise<string> {
    await this.reaches("Ready");
    const code = await this.#request.generateQRCode();
    if (code === undefined) throw new Error("js-sdk shows no code");
    return Buffer.from(code).toString("base64");
  }

  async scanQr(dataBase64: string): Promise<void> {
    await this.reaches("Ready");
    this.#run(await this.#request.scanQRCode(new Uint8ClampedArray(Buffer.from(dataBase64, "base64"))));
  }

  async confirmScanned(): Promise<void> {
    const callbacks = await until(
      "js-sdk to be told that its code was scanned",
      () => this.#join()?.getReciprocateQrCodeCallbacks() ?? undefined,
    );
    callbacks.confirm();
  }

  async reaches(phase: keyof typeof VerificationPhase): Promise<void> {
    await until(`js-sdk's verification to be ${phase}`, () => this.phase === phase || undefined);
  }

  #join(): Verifier | undefined {
    const verifier = this.#request.verifier;
    if (verifier !== undefined) this.#run(verifier);
    return verifier;
  }

  /** How it ends is seen in its phase. */
  #run(verifier: Verifier): void {
    if (this.#running) return;
    this.#running = true;
    verifier.verify().catch(() => undefined);
  }
}

const names: Readonly<Record<VerificationPhase, keyof typeof VerificationPhase>> = {
  [VerificationPhase.Unsent]: "Unsent",
  [VerificationPhase.Requested]: "Requested",
  [VerificationPhase.Ready]: "Ready",
  [VerificationPhase.Started]: "Started",
  [VerificationPhase.Cancelled]: "Cancelled",
  [VerificationPhase.Done]: "Done",
};

export type ScaleResult = { readonly name: string; readonly ms: number; readonly peakMemoryMb: number };

export async function runScaleCases(): Promise<readonly ScaleResult[]> {
  return [];
}

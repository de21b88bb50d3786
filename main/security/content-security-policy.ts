import type { PageKind } from "./page-file.ts";

/**
 * The pages do no networking: messages come by MessagePort, pictures as blobs. So nothing but the app's own files may load.
 * Styles that React sets go through the CSSOM, which this allows without 'unsafe-inline'.
 */
const DIRECTIVES: readonly (readonly [string, string])[] = [
  ["default-src", "'none'"],
  ["script-src", "'self'"],
  ["style-src", "'self'"],
  ["font-src", "'self'"],
  ["img-src", "'self' blob:"],
  ["media-src", "blob:"],
  ["connect-src", "'none'"],
  ["object-src", "'none'"],
  ["frame-src", "'none'"],
  ["worker-src", "'none'"],
  ["manifest-src", "'none'"],
  ["base-uri", "'none'"],
  ["form-action", "'none'"],
  ["frame-ancestors", "'none'"],
];

export const contentSecurityPolicy = DIRECTIVES.map(([name, value]) => `${name} ${value}`).join("; ");

/** Headers of every answer on app://. Only the vault may ask for the camera, to read another device's code. */
export const pageHeaders = (kind: PageKind): Readonly<Record<string, string>> => ({
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": `camera=${kind === "vault" ? "(self)" : "()"}, ${DENIED_FEATURES.map((feature) => `${feature}=()`).join(", ")}`,
  // Names are looked up for a page that asks for it, whatever its policy says: each would be a message to whoever owns the name.
  "x-dns-prefetch-control": "off",
  "cache-control": "no-cache",
});

const DENIED_FEATURES = [
  "accelerometer",
  "bluetooth",
  "clipboard-read",
  "display-capture",
  "geolocation",
  "gyroscope",
  "hid",
  "idle-detection",
  "local-fonts",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "publickey-credentials-create",
  "publickey-credentials-get",
  "screen-wake-lock",
  "serial",
  "storage-access",
  "usb",
  "window-management",
  "xr-spatial-tracking",
];

/** Messages between a document's preload world and the host, as codec text over the DevTools connection. */
export type ToHost =
  | { readonly t: "hello" }
  | { readonly t: "send"; readonly channel: string; readonly args: readonly unknown[] }
  | { readonly t: "post"; readonly channel: string; readonly message: unknown; readonly ports: readonly string[] }
  | { readonly t: "invoke"; readonly id: number; readonly channel: string; readonly args: readonly unknown[] }
  | { readonly t: "port-message"; readonly id: string; readonly data: unknown; readonly ports: readonly string[] }
  | { readonly t: "port-close"; readonly id: string }
  | { readonly t: "accelerator"; readonly accelerator: string }
  | { readonly t: "key"; readonly key: PageKey }
  | { readonly t: "navigate"; readonly url: string }
  | { readonly t: "focus"; readonly focused: boolean }
  | { readonly t: "geometry"; readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  | {
      readonly t: "context-menu";
      readonly x: number;
      readonly y: number;
      readonly selection: string;
      readonly link: string;
      readonly editable: boolean;
    }
  | { readonly t: "preload-error"; readonly message: string };

export type ToPage =
  | { readonly t: "message"; readonly channel: string; readonly args: readonly unknown[]; readonly ports: readonly string[] }
  | { readonly t: "answer"; readonly id: number; readonly ok: boolean; readonly value: unknown }
  | { readonly t: "port-message"; readonly id: string; readonly data: unknown; readonly ports: readonly string[] }
  | { readonly t: "port-close"; readonly id: string }
  | { readonly t: "settings"; readonly accelerators: readonly string[]; readonly wantsKeys: boolean; readonly zoom: number };

/** A key event in the terms of an Electron accelerator and of `before-input-event`. */
export type PageKey = {
  readonly type: "keyDown" | "keyUp";
  readonly key: string;
  readonly code: string;
  readonly control: boolean;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly meta: boolean;
  readonly isAutoRepeat: boolean;
};

import { useEffect, useRef, useState, type RefObject } from "react";
import { pixelsOf } from "./picture.ts";
import { readCode } from "./qr-bytes.ts";

/** `absent`: there is none; `off`: it may be used, when a person says so; `refused`: it could not be. */
type CameraState = "unknown" | "absent" | "off" | "starting" | "on" | "refused";

type Camera = { readonly state: CameraState; readonly video: RefObject<HTMLVideoElement | null> };

const EVERY_MS = 150;
const LIVE_BUDGET_MS = 60;
const MAX_SIDE = 960;

/** Whether this computer has a camera that could be asked for. */
async function hasCamera(): Promise<boolean> {
  // `mediaDevices` is missing outside of secure contexts, whatever the types say.
  if (!("mediaDevices" in navigator)) return false;
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.some(({ kind }) => kind === "videoinput");
}

/**
 * Films while `wanted`, into the answered element, and tells every code that it sees. The camera is off as soon as this is not wanted or not shown any more;
 * no picture is kept.
 */
export function useCamera(wanted: boolean, onCode: (bytes: Uint8Array) => void): Camera {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<CameraState>("unknown");
  useEffect(() => {
    let current = true;
    void hasCamera().then((has) => current && setState((before) => (before === "unknown" ? (has ? "off" : "absent") : before)));
    return () => {
      current = false;
    };
  }, []);
  useEffect(() => {
    if (!wanted) return undefined;
    let stream: MediaStream | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const stop = (): void => {
      stopped = true;
      clearTimeout(timer);
      stream?.getTracks().forEach((track) => track.stop());
      setState((before) => (before === "on" || before === "starting" ? "off" : before));
    };
    const look = async (element: HTMLVideoElement): Promise<void> => {
      if (stopped) return;
      if (element.videoWidth > 0) {
        const frame = await createImageBitmap(element).catch(() => undefined);
        if (frame !== undefined) {
          const bytes = readCode(pixelsOf(frame, Math.min(1, MAX_SIDE / Math.max(frame.width, frame.height))), LIVE_BUDGET_MS);
          frame.close();
          if (bytes !== undefined && !stopped) onCode(bytes);
        }
      }
      if (!stopped) timer = setTimeout(() => void look(element), EVERY_MS);
    };
    const begin = async (): Promise<void> => {
      setState("starting");
      const opened = await navigator.mediaDevices
        .getUserMedia({ audio: false, video: { facingMode: "environment", width: { ideal: 1280 } } })
        .catch(() => undefined);
      const element = video.current;
      stream = opened;
      if (stopped || opened === undefined || element === null) {
        opened?.getTracks().forEach((track) => track.stop());
        if (!stopped) setState("refused");
        return;
      }
      element.srcObject = opened;
      await element.play().catch(() => undefined);
      setState("on");
      void look(element);
    };
    void begin();
    return stop;
  }, [wanted, onCode]);
  return { state, video };
}

import "react";

declare module "react" {
  interface CSSProperties {
    "--seal-hue"?: number;
  }
}

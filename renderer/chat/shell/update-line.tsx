import { CircleArrowUp, X } from "lucide-react";
import type { ReactNode } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { asideUpdate } from "../state/notices.ts";
import { useSession } from "../state/session.ts";
import { BannerLine } from "./banner-line.tsx";
import { focusLandmark } from "./landmarks.ts";

/** A newer version waits for a restart; it can be put aside until the next start. */
export function UpdateLine({ version }: { readonly version: string }): ReactNode {
  const say = useSay();
  const session = useSession();
  const putAside = (): void => {
    session.aside.update((aside) => asideUpdate(aside, version));
    focusLandmark("composer");
  };
  return (
    <BannerLine
      tone="plain"
      icon={CircleArrowUp}
      title={say("updates.banner", { version })}
      text={say("updates.bannerText")}
      action={
        <>
          <Button size="small" onPress={() => void session.shell.call("installUpdate", {})}>
            {say("updates.install")}
          </Button>
          <IconButton icon={X} size="small" label={say("notice.aside")} onPress={putAside} />
        </>
      }
    />
  );
}

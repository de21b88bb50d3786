import type { ReactNode } from "react";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import { useSay } from "../../ui/text.tsx";
import { Person } from "../parts/person.tsx";
import { nameOf } from "./names.ts";

/** The other side of a verification. */
export function WithWhom({ view }: { readonly view: VerificationView }): ReactNode {
  const say = useSay();
  if (view.own) {
    const name = view.deviceName ?? say("verify.done.unnamed");
    return <Person device userId={view.userId} name={name} detail={view.deviceId ?? view.userId} />;
  }
  return (
    <Person
      userId={view.userId}
      name={nameOf(view)}
      {...(view.deviceName === null ? {} : { detail: say("verify.asked.device", { name: view.deviceName }) })}
    />
  );
}

import { MonitorSmartphone } from "lucide-react";
import type { ReactNode } from "react";
import { Avatar } from "../../ui/avatar.tsx";
import "./person.css";

type PersonProps = {
  readonly userId: string;
  readonly name: string;
  /** Given where it is about a device of ours: then the device stands for the person. */
  readonly device?: boolean;
  readonly detail?: string;
};

/** Whom it is about: never the name alone, which anyone can choose, but with the id. */
export function Person({ userId, name, device = false, detail }: PersonProps): ReactNode {
  return (
    <div className="who">
      {device ? (
        <span className="who__device" aria-hidden>
          <MonitorSmartphone className="icon" size={22} strokeWidth={1.7} />
        </span>
      ) : (
        <Avatar id={userId} name={name} mxc={null} size={40} shape="person" />
      )}
      <div className="who__words">
        <span className="who__name">{name}</span>
        <span className="who__id mono">{device && detail !== undefined ? detail : userId}</span>
        {!device && detail !== undefined && <span className="who__detail">{detail}</span>}
      </div>
    </div>
  );
}

import { Bell, Info, Keyboard, MessageSquare, MonitorSmartphone, Palette, ShieldCheck, UserRound, X, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay, Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { IconButton } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { ShortcutList } from "../dialogs/shortcuts-dialog.tsx";
import { useSession } from "../state/session.ts";
import type { SettingsSection } from "../state/view.ts";
import { AboutSection } from "./about-section.tsx";
import { AccountSection } from "./account-section.tsx";
import { DevicesSection } from "./devices-section.tsx";
import { AppearanceSection, MessagesSection, NotificationsSection } from "./preference-sections.tsx";
import { SecuritySection } from "./security-section.tsx";
import "./settings.css";

const SECTIONS: ReadonlyArray<{ readonly id: SettingsSection; readonly icon: LucideIcon; readonly body: () => ReactNode }> = [
  { id: "account", icon: UserRound, body: () => <AccountSection /> },
  { id: "security", icon: ShieldCheck, body: () => <SecuritySection /> },
  { id: "devices", icon: MonitorSmartphone, body: () => <DevicesSection /> },
  { id: "appearance", icon: Palette, body: () => <AppearanceSection /> },
  { id: "notifications", icon: Bell, body: () => <NotificationsSection /> },
  { id: "messages", icon: MessageSquare, body: () => <MessagesSection /> },
  { id: "keyboard", icon: Keyboard, body: () => <ShortcutList /> },
  { id: "about", icon: Info, body: () => <AboutSection /> },
];

type SettingsProps = { readonly section: SettingsSection; readonly onClose: () => void };

export function SettingsDialog({ section, onClose }: SettingsProps): ReactNode {
  const say = useSay();
  const session = useSession();
  return (
    <ModalOverlay className="backdrop" isOpen isDismissable onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Modal className="modal modal--wide">
        <AriaDialog className="dialog">
          <Tabs
            className="settings"
            orientation="vertical"
            selectedKey={section}
            onSelectionChange={(key) => {
              const next = SECTIONS.find(({ id }) => id === key);
              if (next !== undefined) session.showDialog({ kind: "settings", section: next.id });
            }}
          >
            <div className="settings__side">
              <Heading slot="title" level={2} className="settings__title">
                {say("settings.title")}
              </Heading>
              <TabList className="settings__tabs" aria-label={say("settings.sections")}>
                {SECTIONS.map(({ id, icon: Icon }) => (
                  <Tab key={id} id={id} className="settings__tab">
                    <Icon className="icon" size={17} strokeWidth={1.8} aria-hidden />
                    <span className="settings__tab-name">{say(`settings.${id}`)}</span>
                  </Tab>
                ))}
              </TabList>
            </div>
            {SECTIONS.map(({ id, body }) => (
              <TabPanel key={id} id={id} className="settings__panel">
                <h3 className="settings__heading">{say(`settings.${id}`)}</h3>
                {body()}
              </TabPanel>
            ))}
            <div className="settings__close">
              <IconButton icon={X} label={say("common.close")} onPress={onClose} />
            </div>
          </Tabs>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

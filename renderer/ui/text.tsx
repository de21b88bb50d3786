import { useCallback, type ReactNode } from "react";
import { IntlProvider, useIntl } from "react-intl";
import { messages, type MessageId } from "./messages/en.ts";

type Values = Readonly<Record<string, string | number | boolean>>;
export type Say = (id: MessageId, values?: Values) => string;

/** Dates and numbers follow the person's locale; sentences come from the catalogue, which has English so far. */
export function TextProvider(props: { readonly children: ReactNode }): ReactNode {
  return (
    <IntlProvider locale={navigator.language} defaultLocale="en" messages={messages} onError={ignoreMissingLocale}>
      {props.children}
    </IntlProvider>
  );
}

/** The sentence function of the current language. */
export function useSay(): Say {
  const intl = useIntl();
  return useCallback((id, values) => intl.formatMessage({ id }, values), [intl]);
}

function ignoreMissingLocale(error: { readonly code: string; readonly message: string }): void {
  // A locale without plural data falls back by itself; everything else is a bug in the catalogue.
  if (error.code !== "MISSING_DATA") throw new Error(error.message);
}

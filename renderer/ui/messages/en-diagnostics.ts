/** The report for the developers. */
export const diagnosticsMessages = {
  "about.commit": "Made from",
  "about.workingCopy": "A working copy",

  "diagnostics.title": "Report a problem",
  "diagnostics.text":
    "A short log of what Bulkhead did, without names, addresses or messages. Nothing is sent: you see all of it first, and then save or copy it.",
  "diagnostics.show": "Show the report",
  "diagnostics.label": "Everything that is in the report",
  "diagnostics.save": "Save as a file…",
  "diagnostics.copy": "Copy",
  "diagnostics.saved": "Saved",
} as const;

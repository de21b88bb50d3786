/** The program's name among all programs of a system. Packages carry it too; Windows shows notifications only of a program whose shortcut has the same. */
export const APP_ID = "chat.bulkhead.Bulkhead";

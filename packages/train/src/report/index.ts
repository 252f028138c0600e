/** Reports: pages that are one file, made of tables, plots and pictures. */
export * from "./html-page.ts";

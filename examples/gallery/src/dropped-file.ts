/** The way in for a visitor's own model: a file dropped anywhere on the page, or chosen with the button. */
import { byId } from "./page.ts";

/** @param opened given each file that comes */
export function acceptFiles(opened: (file: File) => void): void {
  const cover = byId("div", "drop");
  const input = byId("input", "model-file");
  const hasFile = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") === true;
  addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    cover.hidden = false;
  });
  addEventListener("dragleave", ({ relatedTarget }) => {
    if (relatedTarget === null) cover.hidden = true;
  });
  addEventListener("drop", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    cover.hidden = true;
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) opened(file);
  });
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file !== undefined) opened(file);
    input.value = ""; // so that the same file can be chosen again
  });
}

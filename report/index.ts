/** A page about a batch Job, in one file that needs no other and no network. `mks-batch report` writes it to a file, the batch controller into the bucket. */
export { groupFailures } from "./failures";
export { saveReport, type SaveOptions } from "./in-bucket";
export { type Page, type PageOptions, renderPage } from "./page";
export { type Known, renderKnown, renderReport, type Report, type ReportContext } from "./report";

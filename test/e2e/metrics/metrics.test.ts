/**
 * The metrics stack and its samples on one local cloud that is started once: what they answer, that services scale with their load, and how
 * the stack's certificates, volume and parts come and go. The commands of the pages docs/scenarios/autoscaled-*.md run as they stand.
 * Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { untilMeasured } from "../../../local/demo/hpa/watch";
import { alerts } from "./alerts";
import { apis } from "./apis";
import { authorities } from "./authorities";
import { certificates, renewal } from "./certificates";
import { cleanUp } from "./clean-up";
import { kubectl, start, stop } from "./cloud";
import { afterLoad, underLoad } from "./load";
import { prometheusAnswers } from "./prometheus";
import { volume } from "./volume";

beforeAll(async () => {
  await start();
  await Promise.all([untilMeasured(kubectl, "podinfo"), untilMeasured(kubectl, "podinfo-cpu")]);
});
afterAll(stop);

apis();
certificates();
prometheusAnswers();
underLoad();
// While the load lasts, and fewer pods are waited for, which takes some minutes:
alerts();
renewal();
authorities();
afterLoad();
volume();
cleanUp();

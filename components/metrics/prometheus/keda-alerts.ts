import { type Alert, alert } from "./alert";

/** Of a ScaledJob or a ScaledObject, its name as the label `object`. `keda_scaler_detail_errors_total` counts no errors of ScaledJobs. */
const errorsOf = (counter: string, label: string): string => `label_replace(increase(${counter}[5m]), "object", "$1", "${label}", "(.+)")`;
const errors = [errorsOf("keda_scaled_job_errors_total", "scaledJob"), errorsOf("keda_scaled_object_errors_total", "scaledObject")].join(
  " or ",
);

/** The highest of what a queue's triggers of this name answer; batch/jobs/manifest/scaled-job.ts names them. */
const highest = (scaler: string): string =>
  `max by (namespace, scaledObject) (keda_scaler_metrics_value{type="scaledjob",scaler=~"${scaler}-[0-9]+"})`;

/** Alerts of KEDA and its queues. */
export const kedaAlerts: readonly Alert[] = [
  alert(
    "KedaDown",
    "critical",
    "2m",
    'absent(up{job="keda-operator"} == 1)',
    "KEDA's operator does not run",
    "No queue starts a Job. See `kubectl --namespace keda get pods`.",
  ),
  alert(
    "KedaScalerFails",
    "warning",
    "2m",
    `max by (namespace, object) (${errors}) > 0`,
    "KEDA cannot read the queue of {{ $labels.namespace }}/{{ $labels.object }}",
    "It starts no Job of it. `kubectl --namespace {{ $labels.namespace }} get events` says why, most often a password or an address.",
  ),
  alert(
    "QueueItemsWait",
    "warning",
    "10m",
    `${highest("oldest-item")} > 3600`,
    "The oldest item of the queue {{ $labels.namespace }}/{{ $labels.scaledObject }} is {{ $value | humanizeDuration }} old",
    "`mks-batch status {{ $labels.scaledObject }}` says what its runs do or wait for.",
  ),
  alert(
    "QueueDeadLetters",
    "warning",
    "0m",
    `${highest("dead-letters")} > 0`,
    "{{ $value }} items of the queue {{ $labels.namespace }}/{{ $labels.scaledObject }} failed for good",
    "The queue's table says which and why; nobody tries them again.",
  ),
];

import { type Alert, alert } from "./alert";

const ofLeader = "on (instance) mks_batch_controller_leader == 1";

/** Undelivered for half an hour, and there was the metric already when that began. */
const pendingForLong = `(min_over_time(mks_batch_notifications_pending[30m]) > 0 and mks_batch_notifications_pending offset 30m and ${ofLeader})`;

/** Alerts of the batch controller. */
export const batchAlerts: readonly Alert[] = [
  alert(
    "BatchControllerDown",
    "critical",
    "2m",
    "absent(mks_batch_controller_leader == 1)",
    "No batch controller leads",
    "Results and logs of Jobs without a client are not recorded. See `kubectl --namespace batch-operator get pods`.",
  ),
  alert(
    "BatchRecordingSlow",
    "warning",
    "10m",
    "histogram_quantile(0.99, sum by (le) (rate(mks_batch_recording_lag_seconds_bucket[5m]))) > 60",
    'Results are recorded {{ $value | printf "%.0f" }} s after the end of their tasks',
    "A node may go 60 s after its last task, and its logs with it. The controller's log says what it waits for, most often the bucket.",
  ),
  alert(
    "BatchNotificationsFailing",
    "warning",
    "0m",
    `sum by (target) (increase(mks_batch_notifications_total{outcome="given_up"}[1h])) > 0 or max(${pendingForLong}) > 0`,
    "Notifications of the end of Jobs do not arrive",
    "The controller's log says what the webhook or the mail server returned: `kubectl --namespace batch-operator logs deploy/batch-controller`.",
  ),
];

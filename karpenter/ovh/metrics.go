package ovh

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	crmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
)

var (
	requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "karpenter", Subsystem: "ovhcloud", Name: "api_requests_total",
		Help: "Calls of the OVHcloud API by method, resource and HTTP status (or network).",
	}, []string{"method", "resource", "code"})
	durations = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "karpenter", Subsystem: "ovhcloud", Name: "api_request_duration_seconds",
		Help: "Duration of calls of the OVHcloud API.", Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"method", "resource"})
)

func init() { crmetrics.Registry.MustRegister(requests, durations) }

func observe(method, resource string, err error, took time.Duration) {
	requests.WithLabelValues(method, resource, codeOf(err)).Inc()
	durations.WithLabelValues(method, resource).Observe(took.Seconds())
}

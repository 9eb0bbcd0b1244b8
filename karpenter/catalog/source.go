package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/awslabs/operatorpkg/singleton"
	"github.com/ovh/go-ovh/ovh"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"
	controllerruntime "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	crmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/awslabs/operatorpkg/reconciler"
)

const (
	freshFor     = 12 * time.Hour
	firstRetry   = time.Minute
	longestRetry = time.Hour
	timeout      = 30 * time.Second
	// The catalogue of the Public Cloud is some megabytes.
	largest = 64 << 20
)

var age = prometheus.NewGauge(prometheus.GaugeOpts{
	Namespace: "karpenter", Subsystem: "ovhcloud", Name: "catalog_age_seconds", Help: "Age of the prices.",
})

func init() { crmetrics.Registry.MustRegister(age) }

// Source keeps the newest catalogue that could be read. It is a controller that reads it now and then.
type Source struct {
	url   string
	http  *http.Client
	clock clock.Clock

	mu      sync.RWMutex
	catalog *Catalog
	readAt  time.Time
	retry   time.Duration
}

// NewSource of the catalogue at an endpoint, by name or URL, for a subsidiary such as FR.
func NewSource(endpoint, subsidiary string, clk clock.Clock) *Source {
	if base, known := ovh.Endpoints[endpoint]; known {
		endpoint = base
	}
	return &Source{
		url:  endpoint + "/order/catalog/public/cloud?ovhSubsidiary=" + url.QueryEscape(subsidiary),
		http: &http.Client{Timeout: timeout}, clock: clk, retry: firstRetry,
	}
}

// Current is the newest catalogue; nil before one could be read.
func (s *Source) Current() *Catalog {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.catalog
}

// Name of the controller.
func (s *Source) Name() string { return "ovhcloud.catalog" }

// Reconcile reads the catalogue where it is old. It never fails: the prices of before hold, and it asks again after growing waits.
func (s *Source) Reconcile(ctx context.Context) (reconciler.Result, error) {
	s.mu.RLock()
	old := s.clock.Since(s.readAt)
	s.mu.RUnlock()
	if s.Current() != nil {
		age.Set(old.Seconds())
		if old < freshFor {
			return reconciler.Result{RequeueAfter: min(freshFor-old, time.Minute)}, nil
		}
	}
	if err := s.Refresh(ctx); err != nil {
		wait := s.retry
		s.retry = min(2*s.retry, longestRetry)
		log.FromContext(ctx).Error(err, "prices could not be read", "again-in", wait)
		return reconciler.Result{RequeueAfter: wait}, nil
	}
	s.retry = firstRetry
	age.Set(0)
	return reconciler.Result{RequeueAfter: time.Minute}, nil
}

// Refresh reads the catalogue once.
func (s *Source) Refresh(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return err
	}
	response, err := s.http.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("catalogue: HTTP %d", response.StatusCode)
	}
	var doc document
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, largest)).Decode(&doc); err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	catalog, err := parse(doc)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catalog, s.readAt = catalog, s.clock.Now()
	return nil
}

// Register the controller.
func (s *Source) Register(_ context.Context, m manager.Manager) error {
	return controllerruntime.NewControllerManagedBy(m).Named(s.Name()).WatchesRawSource(singleton.Source()).Complete(singleton.AsReconciler(s))
}

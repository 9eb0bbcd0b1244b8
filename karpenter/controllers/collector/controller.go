// Package collector removes what no NodeClaim owns: nodes that are paid for nobody, and empty pools. Karpenter's own garbage collection
// only goes the other way, from NodeClaims to instances.
package collector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/awslabs/operatorpkg/reconciler"
	"github.com/awslabs/operatorpkg/singleton"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	controllerruntime "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	crmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/karpenter/pkg/events"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/fleet"
	"ovh-mks-batch/karpenter/ovh"
	"ovh-mks-batch/karpenter/settings"
)

const (
	// interval of looking, at most; shorter where the bounds are.
	interval = 30 * time.Second
	// manyPools: near the cluster's limit of 100 pools, empty ones go at once.
	manyPools = 95
)

var (
	pools = prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: "karpenter", Subsystem: "ovhcloud", Name: "pools", Help: "Node pools of this provider.",
	})
	nodes = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "karpenter", Subsystem: "ovhcloud", Name: "nodes", Help: "Nodes in pools of this provider.",
	}, []string{"state"})
	removed = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: "karpenter", Subsystem: "ovhcloud", Name: "orphans_removed_total", Help: "Nodes that no NodeClaim owned and that were removed.",
	})
)

func init() { crmetrics.Registry.MustRegister(pools, nodes, removed) }

// Controller that looks at all pools now and then. It counts from when it first saw something without an owner: after a restart anew.
type Controller struct {
	kube     client.Client
	fleet    *fleet.Fleet
	recorder events.Recorder
	clock    clock.Clock

	orphanAfter    time.Duration
	emptyPoolAfter time.Duration
	orphanSince    map[string]time.Time
	emptySince     map[string]time.Time
}

// New controller.
func New(kube client.Client, fl *fleet.Fleet, recorder events.Recorder, clk clock.Clock, s settings.Settings) *Controller {
	return &Controller{
		kube: kube, fleet: fl, recorder: recorder, clock: clk, orphanAfter: s.OrphanAfter, emptyPoolAfter: s.EmptyPoolAfter,
		orphanSince: map[string]time.Time{}, emptySince: map[string]time.Time{},
	}
}

// Name of the controller.
func (*Controller) Name() string { return "ovhcloud.collector" }

// Reconcile looks once. What could not be removed is tried again with the next look.
func (c *Controller) Reconcile(ctx context.Context) (reconciler.Result, error) {
	snapshot, err := c.fleet.Read(ctx, 0)
	if err != nil {
		return reconciler.Result{}, err
	}
	err = errors.Join(c.collectNodes(ctx, snapshot), c.collectPools(ctx, snapshot))
	return reconciler.Result{RequeueAfter: min(interval, max(time.Second, min(c.orphanAfter, c.emptyPoolAfter)/2))}, err
}

func (c *Controller) collectNodes(ctx context.Context, s *fleet.Snapshot) (errs error) {
	unowned := c.fleet.Unowned(s)
	c.count(s, len(unowned))
	seen := map[string]time.Time{}
	for _, node := range unowned {
		since, known := c.orphanSince[node.ID]
		if !known {
			since = c.clock.Now()
			c.tell(ctx, s, node, corev1.EventTypeWarning, "OrphanedNode", fmt.Sprintf("no NodeClaim owns node %s at OVHcloud; it is removed in %s", node.Name, c.orphanAfter))
		}
		seen[node.ID] = since
		if c.clock.Since(since) < c.orphanAfter {
			continue
		}
		if _, err := c.fleet.RemoveUnowned(ctx, node.ID); err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		removed.Inc()
		c.tell(ctx, s, node, corev1.EventTypeNormal, "OrphanRemoved", fmt.Sprintf("asked OVHcloud to remove node %s, which no NodeClaim owned for %s", node.Name, c.orphanAfter))
	}
	c.orphanSince = seen
	return errs
}

func (c *Controller) collectPools(ctx context.Context, s *fleet.Snapshot) (errs error) {
	seen := map[string]time.Time{}
	patience := c.emptyPoolAfter
	if len(s.Pools) >= manyPools {
		patience = 0
	}
	for _, pool := range s.Pools {
		family, _ := fleet.Family(pool)
		if !fleet.Managed(pool) || pool.Leaving() {
			continue
		}
		if pool.Status == ovh.StatusQuotaError {
			errs = errors.Join(errs, c.fleet.ReleaseQuota(ctx, pool.ID, family))
		}
		if !fleet.Empty(s, pool) {
			continue
		}
		since, known := c.emptySince[pool.ID]
		if !known {
			since = c.clock.Now()
		}
		seen[pool.ID] = since
		if c.clock.Since(since) < patience {
			continue
		}
		deleted, err := c.fleet.DeleteEmptyPool(ctx, pool.ID, family)
		errs = errors.Join(errs, err)
		if deleted {
			c.tell(ctx, s, ovh.Node{PoolID: pool.ID}, corev1.EventTypeNormal, "PoolDeleted", fmt.Sprintf("deleted the empty pool %s at OVHcloud", pool.Name))
		}
	}
	c.emptySince = seen
	return errs
}

func (c *Controller) count(s *fleet.Snapshot, orphaned int) {
	managed, all, leaving := 0, 0, 0
	for _, pool := range s.Pools {
		if !fleet.Managed(pool) {
			continue
		}
		managed++
		for _, node := range s.Nodes {
			if node.PoolID != pool.ID {
				continue
			}
			all++
			if node.Leaving() {
				leaving++
			}
		}
	}
	pools.Set(float64(managed))
	nodes.WithLabelValues("orphaned").Set(float64(orphaned))
	nodes.WithLabelValues("removing").Set(float64(leaving))
	nodes.WithLabelValues("owned").Set(float64(all - leaving - orphaned))
}

// tell about a node in the log, and as an event of the class that its pool was opened for, if that still exists.
func (c *Controller) tell(ctx context.Context, s *fleet.Snapshot, node ovh.Node, kind, reason, message string) {
	log.FromContext(ctx).Info(message, "reason", reason)
	pool, _ := s.Pool(node.PoolID)
	_, name := fleet.Family(pool)
	class := &v1alpha1.OVHNodeClass{}
	if err := c.kube.Get(ctx, types.NamespacedName{Name: name}, class); err != nil {
		return
	}
	c.recorder.Publish(events.Event{InvolvedObject: class, Type: kind, Reason: reason, Message: message, DedupeValues: []string{reason, pool.ID, node.ID}})
}

// Register the controller.
func (c *Controller) Register(_ context.Context, m manager.Manager) error {
	return controllerruntime.NewControllerManagedBy(m).Named(c.Name()).WatchesRawSource(singleton.Source()).Complete(singleton.AsReconciler(c))
}

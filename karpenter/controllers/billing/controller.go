// Package billing keeps nodes for the hour that is paid, where OVHcloud bills by the commenced clock hour.
//
// Karpenter knows nothing of hours, and Delete comes too late: by then the node is drained, and to keep it would be of use to nobody. What
// Karpenter does heed is `karpenter.sh/do-not-disrupt` on a node. So it is there for most of each hour, and taken away shortly before the
// hour ends: then Karpenter consolidates and replaces what it would have done before. Meanwhile the node takes pods.
package billing

import (
	"context"
	"errors"
	"time"

	"github.com/awslabs/operatorpkg/reconciler"
	"github.com/awslabs/operatorpkg/singleton"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"
	controllerruntime "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
)

// nodeClassLabel is on the nodes that this provider's NodeClaims have.
const nodeClassLabel = v1alpha1.Group + "/ovhnodeclass"

// interval of looking. It is short against the margin, and a look without a change asks nobody.
const interval = 10 * time.Second

// Controller for nodes that are billed by the hour. It is not needed elsewhere.
type Controller struct {
	kube   client.Client
	clock  clock.Clock
	margin time.Duration
}

// New controller. The margin is how long before the full hour nodes may go.
func New(kube client.Client, clk clock.Clock, margin time.Duration) *Controller {
	return &Controller{kube: kube, clock: clk, margin: margin}
}

// Name of the controller.
func (*Controller) Name() string { return "ovhcloud.billing" }

// Reconcile looks at all nodes of this provider once.
func (c *Controller) Reconcile(ctx context.Context) (reconciler.Result, error) {
	var nodes corev1.NodeList
	if err := c.kube.List(ctx, &nodes, client.HasLabels{nodeClassLabel}); err != nil {
		return reconciler.Result{}, err
	}
	until, keep := paidUntil(c.clock.Now(), c.margin)
	var errs error
	for i := range nodes.Items {
		node := &nodes.Items[i]
		stored := node.DeepCopy()
		if mark(node, until, keep) {
			errs = errors.Join(errs, client.IgnoreNotFound(c.kube.Patch(ctx, node, client.MergeFrom(stored))))
		}
	}
	return reconciler.Result{RequeueAfter: interval}, errs
}

// paidUntil is the end of the clock hour, and whether nodes are to be kept until it is near.
func paidUntil(now time.Time, margin time.Duration) (until time.Time, keep bool) {
	until = now.UTC().Truncate(time.Hour).Add(time.Hour)
	return until, until.Sub(now) > margin
}

// mark changes a node's annotations, and tells whether it did. A `do-not-disrupt` that somebody else has set stays as it is.
func mark(node *corev1.Node, until time.Time, keep bool) bool {
	_, own := node.Annotations[v1alpha1.AnnotationPaidUntil]
	_, set := node.Annotations[karpv1.DoNotDisruptAnnotationKey]
	switch {
	case keep && (own || !set):
		text := until.Format(time.RFC3339)
		if own && node.Annotations[v1alpha1.AnnotationPaidUntil] == text {
			return false
		}
		if node.Annotations == nil {
			node.Annotations = map[string]string{}
		}
		node.Annotations[karpv1.DoNotDisruptAnnotationKey] = "true"
		node.Annotations[v1alpha1.AnnotationPaidUntil] = text
		return true
	case !keep && own:
		delete(node.Annotations, karpv1.DoNotDisruptAnnotationKey)
		delete(node.Annotations, v1alpha1.AnnotationPaidUntil)
		return true
	}
	return false
}

// Register the controller.
func (c *Controller) Register(_ context.Context, m manager.Manager) error {
	return controllerruntime.NewControllerManagedBy(m).Named(c.Name()).WatchesRawSource(singleton.Source()).Complete(singleton.AsReconciler(c))
}

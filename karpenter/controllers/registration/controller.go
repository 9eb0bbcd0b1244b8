// Package registration has Karpenter register a node again that OVHcloud has installed anew, as it does when a kubeconfig is reset or a node is not
// ready for long. Such a node starts as its pool's template has it: with the taint karpenter.sh/unregistered, and without the NodeClaim's labels and
// taints. Karpenter registers each NodeClaim once only, so the node would stay, take no pod, and be paid.
package registration

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	controllerruntime "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
)

// Controller of Nodes.
type Controller struct {
	kube client.Client
	// reader asks the API server: between two caches a node that was just registered looks like one that was installed anew.
	reader client.Reader
}

// New controller.
func New(kube client.Client, reader client.Reader) *Controller {
	return &Controller{kube: kube, reader: reader}
}

// Name of the controller.
func (*Controller) Name() string { return "ovhcloud.registration" }

// Reconcile one node.
func (c *Controller) Reconcile(ctx context.Context, node *corev1.Node) (reconcile.Result, error) {
	if !unregistered(node) {
		return reconcile.Result{}, nil
	}
	var claims karpv1.NodeClaimList
	if err := c.kube.List(ctx, &claims); err != nil {
		return reconcile.Result{}, err
	}
	for _, claim := range claims.Items {
		if claim.Status.ProviderID == node.Spec.ProviderID && registered(&claim) {
			return reconcile.Result{}, client.IgnoreNotFound(c.registerAgain(ctx, client.ObjectKeyFromObject(node), client.ObjectKeyFromObject(&claim)))
		}
	}
	return reconcile.Result{}, nil
}

// registerAgain takes back the conditions of a NodeClaim that Karpenter sets when it registers and initializes a node.
func (c *Controller) registerAgain(ctx context.Context, nodeKey, claimKey client.ObjectKey) error {
	// The NodeClaim is read first: Karpenter writes the Node before it.
	claim, node := &karpv1.NodeClaim{}, &corev1.Node{}
	if err := c.reader.Get(ctx, claimKey, claim); err != nil {
		return err
	}
	if err := c.reader.Get(ctx, nodeKey, node); err != nil {
		return err
	}
	if !registered(claim) || !unregistered(node) {
		return nil
	}
	stored := claim.DeepCopy()
	for _, condition := range []string{karpv1.ConditionTypeRegistered, karpv1.ConditionTypeInitialized} {
		claim.StatusConditions().SetUnknownWithReason(condition, "NodeReinstalled", "OVHcloud has installed the node anew")
	}
	log.FromContext(ctx).Info("a node was installed anew and is registered again", "Node", node.Name, "NodeClaim", claim.Name)
	return c.kube.Status().Patch(ctx, claim, client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{}))
}

func unregistered(node *corev1.Node) bool {
	return node.DeletionTimestamp.IsZero() && slices.ContainsFunc(node.Spec.Taints, func(taint corev1.Taint) bool {
		return taint.MatchTaint(&karpv1.UnregisteredNoExecuteTaint)
	})
}

func registered(claim *karpv1.NodeClaim) bool {
	return claim.DeletionTimestamp.IsZero() && claim.StatusConditions().Get(karpv1.ConditionTypeRegistered).IsTrue()
}

// Register the controller.
func (c *Controller) Register(_ context.Context, m manager.Manager) error {
	return controllerruntime.NewControllerManagedBy(m).Named(c.Name()).For(&corev1.Node{}).Complete(reconcile.AsReconciler(m.GetClient(), c))
}

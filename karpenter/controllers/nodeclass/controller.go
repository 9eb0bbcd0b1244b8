// Package nodeclass keeps the status of OVHNodeClasses, and each of them as long as it is used.
package nodeclass

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/awslabs/operatorpkg/reasonable"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation"
	controllerruntime "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/events"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/fleet"
	"ovh-mks-batch/karpenter/instancetype"
	"ovh-mks-batch/karpenter/ovh"
	"ovh-mks-batch/karpenter/settings"
)

const (
	// checkAgain is how often a class in order is looked at: rights and flavors may change.
	checkAgain = 5 * time.Minute
	// retrySoon is how often one that is not in order, or is going, is.
	retrySoon = 15 * time.Second
)

// Controller of OVHNodeClasses.
type Controller struct {
	kube     client.Client
	settings settings.Settings
	cloud    interface {
		Cluster(context.Context) (ovh.Cluster, error)
	}
	types    *instancetype.Provider
	fleet    *fleet.Fleet
	recorder events.Recorder
}

// New controller.
func New(kube client.Client, s settings.Settings, cloud *ovh.Client, types *instancetype.Provider, fl *fleet.Fleet, recorder events.Recorder) *Controller {
	return &Controller{kube: kube, settings: s, cloud: cloud, types: types, fleet: fl, recorder: recorder}
}

// Name of the controller.
func (*Controller) Name() string { return "ovhcloud.nodeclass" }

// Reconcile one class.
func (c *Controller) Reconcile(ctx context.Context, class *v1alpha1.OVHNodeClass) (reconcile.Result, error) {
	if !class.DeletionTimestamp.IsZero() {
		return c.finalize(ctx, class)
	}
	if !controllerutil.ContainsFinalizer(class, v1alpha1.Finalizer) {
		stored := class.DeepCopy()
		controllerutil.AddFinalizer(class, v1alpha1.Finalizer)
		if err := c.kube.Patch(ctx, class, client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{})); err != nil {
			return reconcile.Result{}, client.IgnoreNotFound(err)
		}
	}
	stored := class.DeepCopy()
	conditions := class.StatusConditions()
	if faults := c.validate(class); len(faults) > 0 {
		conditions.SetFalse(v1alpha1.ConditionValidationSucceeded, "InvalidFields", strings.Join(faults, "; "))
	} else {
		conditions.SetTrue(v1alpha1.ConditionValidationSucceeded)
	}
	result := reconcile.Result{RequeueAfter: checkAgain}
	if reason, err := c.discover(ctx, class); err != nil {
		conditions.SetFalse(v1alpha1.ConditionCloudReady, reason, err.Error())
		result.RequeueAfter = retrySoon
	} else {
		conditions.SetTrue(v1alpha1.ConditionCloudReady)
	}
	if !equality.Semantic.DeepEqual(stored.Status, class.Status) {
		if err := c.kube.Status().Patch(ctx, class, client.MergeFrom(stored)); err != nil {
			return reconcile.Result{}, client.IgnoreNotFound(err)
		}
	}
	return result, nil
}

// validate names all faults of a class at once.
func (c *Controller) validate(class *v1alpha1.OVHNodeClass) (faults []string) {
	same := func(field, value, own, variable string) {
		if value != "" && value != own {
			faults = append(faults, fmt.Sprintf("spec.%s (%q) must be %q, which the provider works on (%s): correct it or leave it out", field, value, own, variable))
		}
	}
	same("serviceName", class.Spec.ServiceName, c.settings.ServiceName, "OVH_SERVICE_NAME")
	same("kubeId", class.Spec.KubeID, c.settings.KubeID, "OVH_KUBE_ID")
	same("region", class.Spec.Region, c.settings.Region, "OVH_REGION")
	for _, key := range slices.Sorted(maps.Keys(class.Spec.Tags)) {
		for _, problem := range validation.IsQualifiedName(v1alpha1.TagPrefix + key) {
			faults = append(faults, fmt.Sprintf("spec.tags key %q must be the name of an annotation: %s", key, problem))
		}
	}
	return faults
}

// discover what OVHcloud has for the class; the reason is for its condition.
func (c *Controller) discover(ctx context.Context, class *v1alpha1.OVHNodeClass) (reason string, err error) {
	cluster, err := c.cloud.Cluster(ctx)
	if err != nil {
		return reasonOf(err), err
	}
	if cluster.Region != "" && !strings.EqualFold(cluster.Region, c.settings.Region) {
		return "WrongRegion", fmt.Errorf("OVH_REGION (%q) must be the cluster's region, %q", c.settings.Region, cluster.Region)
	}
	types, err := c.types.List(ctx, class)
	if err != nil {
		return reasonOf(err), err
	}
	class.Status.DiscoveredFlavors = nil
	for _, it := range types {
		class.Status.DiscoveredFlavors = append(class.Status.DiscoveredFlavors, it.Name)
	}
	if len(types) == 0 {
		return "NoFlavors", fmt.Errorf("region %s has no flavor for this class; monthlyBilled needs one of b2, c2 and r2", c.settings.Region)
	}
	return "", nil
}

func reasonOf(err error) string {
	switch ovh.KindOf(err) {
	case ovh.Forbidden:
		return "Forbidden"
	case ovh.Gone:
		return "NotFound"
	default:
		return "Unavailable"
	}
}

// finalize keeps a class while NodeClaims use it, and takes its empty pools along.
func (c *Controller) finalize(ctx context.Context, class *v1alpha1.OVHNodeClass) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(class, v1alpha1.Finalizer) {
		return reconcile.Result{}, nil
	}
	var claims karpv1.NodeClaimList
	if err := c.kube.List(ctx, &claims); err != nil {
		return reconcile.Result{}, err
	}
	var users []string
	for _, claim := range claims.Items {
		if ref := claim.Spec.NodeClassRef; ref != nil && ref.Group == v1alpha1.Group && ref.Name == class.Name {
			users = append(users, claim.Name)
		}
	}
	if len(users) > 0 {
		c.blocked(class, fmt.Sprintf("%d NodeClaims use it: delete their NodePools, or wait (%s)", len(users), strings.Join(users[:min(len(users), 5)], ", ")))
		return reconcile.Result{RequeueAfter: retrySoon}, nil
	}
	left, err := c.deletePools(ctx, class)
	if err != nil {
		c.blocked(class, fmt.Sprintf("its pools at OVHcloud cannot be deleted: %v", err))
		return reconcile.Result{}, err
	}
	if left > 0 {
		c.blocked(class, fmt.Sprintf("%d pools of it are left at OVHcloud", left))
		return reconcile.Result{RequeueAfter: retrySoon}, nil
	}
	stored := class.DeepCopy()
	controllerutil.RemoveFinalizer(class, v1alpha1.Finalizer)
	return reconcile.Result{}, client.IgnoreNotFound(c.kube.Patch(ctx, class, client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{})))
}

// deletePools of a class that nothing uses, and tells how many are still there. Nodes that are left in them, ordered for NodeClaims that went before
// they were launched, go at once: nobody can want them any more.
func (c *Controller) deletePools(ctx context.Context, class *v1alpha1.OVHNodeClass) (left int, err error) {
	snapshot, err := c.fleet.Read(ctx, 0)
	if err != nil {
		return 0, err
	}
	for _, pool := range snapshot.Pools {
		family, owner := fleet.Family(pool)
		if !fleet.Managed(pool) || owner != class.Name {
			continue
		}
		left++
		if fleet.Empty(snapshot, pool) {
			if _, err := c.fleet.DeleteEmptyPool(ctx, pool.ID, family); err != nil {
				return left, err
			}
		}
		for _, node := range c.fleet.Unowned(snapshot) {
			if node.PoolID != pool.ID {
				continue
			}
			if _, err := c.fleet.RemoveUnowned(ctx, node.ID); err != nil {
				return left, err
			}
		}
	}
	return left, nil
}

func (c *Controller) blocked(class *v1alpha1.OVHNodeClass, message string) {
	c.recorder.Publish(events.Event{
		InvolvedObject: class, Type: corev1.EventTypeWarning, Reason: "DeletionBlocked", Message: message,
		DedupeValues: []string{string(class.UID), message},
	})
}

// Register the controller. A class that is being deleted is looked at when a NodeClaim goes.
func (c *Controller) Register(_ context.Context, m manager.Manager) error {
	return controllerruntime.NewControllerManagedBy(m).
		Named(c.Name()).
		For(&v1alpha1.OVHNodeClass{}).
		WithOptions(controller.Options{RateLimiter: reasonable.RateLimiter(), MaxConcurrentReconciles: 5}).
		Complete(reconcile.AsReconciler(m.GetClient(), c))
}

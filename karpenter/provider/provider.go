// Package provider is Karpenter's view of OVHcloud: the methods of cloudprovider.CloudProvider.
package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/awslabs/operatorpkg/status"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/events"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/fleet"
	"ovh-mks-batch/karpenter/instancetype"
	"ovh-mks-batch/karpenter/ovh"
)

const (
	// recent is the age up to which a look at OVHcloud serves for telling what there is; never for changing it.
	recent = 5 * time.Second
	// driftAge is the age for telling drift, which Karpenter asks for every NodeClaim.
	driftAge = time.Minute
	// unhealthyFor is how long a node may be not Ready before it is replaced, where the gate NodeRepair is on: after 10 minutes OVHcloud
	// installs it anew, which takes up to 15 more.
	unhealthyFor = 25 * time.Minute
)

// Provider implements cloudprovider.CloudProvider.
type Provider struct {
	kube     client.Client
	reader   client.Reader
	types    *instancetype.Provider
	fleet    *fleet.Fleet
	recorder events.Recorder
	clock    clock.Clock
	// launchTimeout is how long Create waits for an instance.
	launchTimeout time.Duration
}

var _ cloudprovider.CloudProvider = (*Provider)(nil)

// New provider. The reader asks the API server, not a cache.
func New(kube client.Client, reader client.Reader, types *instancetype.Provider, fl *fleet.Fleet, recorder events.Recorder, clk clock.Clock, launchTimeout time.Duration) *Provider {
	return &Provider{kube: kube, reader: reader, types: types, fleet: fl, recorder: recorder, clock: clk, launchTimeout: launchTimeout}
}

// Name of the provider.
func (*Provider) Name() string { return "ovhcloud" }

// GetSupportedNodeClasses is OVHNodeClass.
func (*Provider) GetSupportedNodeClasses() []status.Object {
	return []status.Object{&v1alpha1.OVHNodeClass{}}
}

// RepairPolicies leave OVHcloud the time to mend a node itself.
func (*Provider) RepairPolicies() []cloudprovider.RepairPolicy {
	return []cloudprovider.RepairPolicy{
		{ConditionType: corev1.NodeReady, ConditionStatus: corev1.ConditionFalse, TolerationDuration: unhealthyFor},
		{ConditionType: corev1.NodeReady, ConditionStatus: corev1.ConditionUnknown, TolerationDuration: unhealthyFor},
	}
}

// GetInstanceTypes of a NodePool's class, those included that cannot be had now.
func (p *Provider) GetInstanceTypes(ctx context.Context, nodePool *karpv1.NodePool) ([]*cloudprovider.InstanceType, error) {
	class := &v1alpha1.OVHNodeClass{}
	if err := p.kube.Get(ctx, types.NamespacedName{Name: nodePool.Spec.Template.Spec.NodeClassRef.Name}, class); err != nil {
		return nil, fmt.Errorf("NodePool %s: %w", nodePool.Name, err)
	}
	return p.types.List(ctx, class)
}

// Delete has a NodeClaim's node removed. It answers NodeClaimNotFoundError once OVHcloud no longer lists the node, and for no other reason.
func (p *Provider) Delete(ctx context.Context, claim *karpv1.NodeClaim) error {
	gone, err := p.fleet.Remove(ctx, claim)
	if err != nil {
		return err
	}
	if gone {
		return cloudprovider.NewNodeClaimNotFoundError(fmt.Errorf("OVHcloud has no node %s", claim.Status.ProviderID))
	}
	return nil
}

// Get finds the node with a provider id.
func (p *Provider) Get(ctx context.Context, providerID string) (*karpv1.NodeClaim, error) {
	snapshot, err := p.fleet.Read(ctx, recent)
	if err != nil {
		return nil, err
	}
	node, found := snapshot.ByProviderID(providerID)
	if !found {
		return nil, cloudprovider.NewNodeClaimNotFoundError(fmt.Errorf("OVHcloud has no node %s", providerID))
	}
	return claimOf(snapshot, node), nil
}

// List is all nodes of the cluster that have an instance. It is complete or an error.
func (p *Provider) List(ctx context.Context) ([]*karpv1.NodeClaim, error) {
	snapshot, err := p.fleet.Read(ctx, recent)
	if err != nil {
		return nil, err
	}
	var claims []*karpv1.NodeClaim
	for _, node := range snapshot.Nodes {
		if node.ProviderID() != "" {
			claims = append(claims, claimOf(snapshot, node))
		}
	}
	return claims, nil
}

// claimOf a node: as much of a NodeClaim as OVHcloud knows.
func claimOf(s *fleet.Snapshot, node ovh.Node) *karpv1.NodeClaim {
	claim := &karpv1.NodeClaim{}
	claim.Name = node.Name
	claim.CreationTimestamp.Time = node.CreatedAt
	claim.Labels = map[string]string{
		corev1.LabelInstanceTypeStable: node.Flavor,
		karpv1.CapacityTypeLabelKey:    karpv1.CapacityTypeOnDemand,
		corev1.LabelTopologyZone:       instancetype.OneZone,
	}
	if pool, found := s.Pool(node.PoolID); found && len(pool.AvailabilityZones) == 1 {
		claim.Labels[corev1.LabelTopologyZone] = pool.AvailabilityZones[0]
	}
	claim.Status.ProviderID = node.ProviderID()
	claim.Status.NodeName = node.Name
	claim.Status.ImageID = node.Version
	return claim
}

// classOf a NodeClaim. One that is missing or not ready is told as such, and not as a lack of capacity.
func (p *Provider) classOf(ctx context.Context, claim *karpv1.NodeClaim) (*v1alpha1.OVHNodeClass, error) {
	class := &v1alpha1.OVHNodeClass{}
	if err := p.kube.Get(ctx, types.NamespacedName{Name: claim.Spec.NodeClassRef.Name}, class); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, cloudprovider.NewNodeClassNotReadyError(fmt.Errorf("there is no OVHNodeClass %q", claim.Spec.NodeClassRef.Name))
		}
		return nil, err
	}
	if !class.DeletionTimestamp.IsZero() {
		return nil, cloudprovider.NewNodeClassNotReadyError(fmt.Errorf("OVHNodeClass %q is being deleted", class.Name))
	}
	if ready := class.StatusConditions().Get(status.ConditionReady); ready.IsFalse() {
		return nil, cloudprovider.NewNodeClassNotReadyError(fmt.Errorf("OVHNodeClass %q: %s", class.Name, ready.Message))
	}
	return class, nil
}

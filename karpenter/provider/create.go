package provider

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/events"
	"sigs.k8s.io/karpenter/pkg/scheduling"
	"sigs.k8s.io/karpenter/pkg/utils/resources"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/fleet"
	"ovh-mks-batch/karpenter/instancetype"
	"ovh-mks-batch/karpenter/ovh"
)

const (
	// firstLook and longestWait: how often a NodeClaim that waits for its instance looks at OVHcloud.
	firstLook   = time.Second
	longestWait = 5 * time.Second
	// slowLaunch is for flavors with GPUs, whose nodes take up to more than an hour. Karpenter gives a launched NodeClaim 15 minutes to
	// register, so theirs count as launched only once OVHcloud calls the node ready.
	slowLaunch = 90 * time.Minute
)

// Create orders a node for a NodeClaim, or goes on with what was ordered for it before: what was decided stands in its annotations.
func (p *Provider) Create(ctx context.Context, asked *karpv1.NodeClaim) (*karpv1.NodeClaim, error) {
	// As it is on the server: the one that is asked for may come from a cache that does not know what was decided a moment ago.
	claim := &karpv1.NodeClaim{}
	if err := p.reader.Get(ctx, client.ObjectKeyFromObject(asked), claim); err != nil {
		return nil, fmt.Errorf("reading NodeClaim %s: %w", asked.Name, err)
	}
	class, err := p.classOf(ctx, claim)
	if err != nil {
		return nil, err
	}
	its, err := p.types.List(ctx, class)
	if err != nil {
		return nil, createError(err)
	}
	order, ordered, err := fleet.OrderOf(claim)
	if err != nil {
		return nil, err
	}
	if !ordered {
		if order, err = p.decide(ctx, claim, class, its); err != nil {
			return nil, err
		}
		if err := p.fleet.Intend(ctx, claim, order); err != nil {
			return nil, err
		}
	}
	node, err := p.await(ctx, claim, order, gpus(its, order.Flavor))
	if err != nil {
		return nil, err
	}
	p.types.Unavailable.Accept(instancetype.Key{Flavor: order.Flavor, Zone: order.Zone})
	return p.created(claim, class, order, node, its)
}

// decide takes the cheapest offering that fits. The NodeClaim names its types in alphabetical order, which says nothing.
func (p *Provider) decide(ctx context.Context, claim *karpv1.NodeClaim, class *v1alpha1.OVHNodeClass, its []*cloudprovider.InstanceType) (fleet.Order, error) {
	requirements := scheduling.NewNodeSelectorRequirementsWithMinValues(claim.Spec.Requirements...)
	var best *cloudprovider.InstanceType
	var zones []string
	price := math.Inf(1)
	for _, it := range its {
		if requirements.Compatible(it.Requirements, scheduling.AllowUndefinedWellKnownLabels) != nil {
			continue
		}
		if !resources.Fits(claim.Spec.Resources.Requests, it.Allocatable()) {
			continue
		}
		for _, offering := range it.Offerings.Available().Compatible(requirements) {
			switch {
			case offering.Price < price:
				best, zones, price = it, []string{offering.Zone()}, offering.Price
			case offering.Price == price && best == it:
				zones = append(zones, offering.Zone())
			}
		}
	}
	if best == nil {
		return fleet.Order{}, cloudprovider.NewInsufficientCapacityError(errors.New("no flavor that fits can be had at the moment"))
	}
	_, named, err := p.types.Zones(ctx)
	if err != nil {
		return fleet.Order{}, createError(err)
	}
	// Zones cost the same: by the NodeClaim's id they are used about equally, and by the same NodeClaim the same one.
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(claim.UID))
	return fleet.NewOrder(class, best.Name, zones[int(hash.Sum32()%uint32(len(zones)))], named), nil
}

// await has the order placed, where it is not yet, and waits until it has an instance.
func (p *Provider) await(ctx context.Context, claim *karpv1.NodeClaim, order fleet.Order, slow bool) (ovh.Node, error) {
	patience := p.launchTimeout
	if slow {
		patience = slowLaunch
	}
	deadline := p.clock.Now().Add(patience)
	placed := false
	for wait := firstLook; ; wait = min(2*wait, longestWait) {
		settled, err := p.fleet.Settle(ctx, order.Family)
		// Once an order is placed, errors that pass are waited out here: Karpenter gives a NodeClaim up 5 minutes after its first error.
		if err != nil && (!placed || !ovh.Transient(err)) {
			return ovh.Node{}, createError(err)
		}
		if err == nil {
			if refusal := settled.Refused[claim.Name]; refusal != nil {
				return ovh.Node{}, p.refused(ctx, claim, order, refusal)
			}
			node, assigned := settled.Nodes[claim.Name]
			placed = assigned || settled.Coming[claim.Name]
			if left, err := p.left(ctx, claim, settled); err != nil {
				return ovh.Node{}, err
			} else if left {
				return ovh.Node{}, p.abandon(ctx, claim, order)
			}
			switch {
			case assigned && node.Failed():
				return ovh.Node{}, p.failed(ctx, claim, order, node)
			case assigned && node.ProviderID() != "" && (!slow || node.Status == ovh.StatusReady):
				return node, nil
			}
		}
		if p.clock.Now().Add(wait).After(deadline) {
			message := fmt.Sprintf("OVHcloud has had no instance for %s in %s after %s", order.Flavor, order.Zone, patience)
			return ovh.Node{}, cloudprovider.NewCreateError(errors.New(message), "InstancePending", message)
		}
		if err := ovh.Pause(ctx, p.clock, wait); err != nil {
			return ovh.Node{}, err
		}
	}
}

// left is true where the NodeClaim is being deleted, or gone.
func (p *Provider) left(ctx context.Context, claim *karpv1.NodeClaim, settled *fleet.Settlement) (bool, error) {
	if settled.Leaving[claim.Name] {
		return true, nil
	}
	if _, assigned := settled.Nodes[claim.Name]; assigned || settled.Coming[claim.Name] {
		return false, nil
	}
	current := &karpv1.NodeClaim{}
	if err := p.reader.Get(ctx, types.NamespacedName{Name: claim.Name}, current); err != nil {
		return client.IgnoreNotFound(err) == nil, client.IgnoreNotFound(err)
	}
	return !current.DeletionTimestamp.IsZero(), nil
}

// abandon has the node removed of a NodeClaim that is being deleted before it was launched: Karpenter calls no Delete for it. The node may be
// listed later than it was ordered; what does not come in time, the collector removes.
func (p *Provider) abandon(ctx context.Context, claim *karpv1.NodeClaim, order fleet.Order) error {
	gone := fmt.Errorf("NodeClaim %s is being deleted", claim.Name)
	deadline := p.clock.Now().Add(p.launchTimeout)
	for wait := firstLook; ; wait = min(2*wait, longestWait) {
		done, err := p.fleet.Abandon(ctx, claim, order)
		if done || (err != nil && !ovh.Transient(err)) || p.clock.Now().Add(wait).After(deadline) {
			return errors.Join(gone, err)
		}
		if err := ovh.Pause(ctx, p.clock, wait); err != nil {
			return errors.Join(gone, err)
		}
	}
}

// refused tells Karpenter that this offering cannot be had: it deletes the NodeClaim and plans anew without it.
func (p *Provider) refused(ctx context.Context, claim *karpv1.NodeClaim, order fleet.Order, refusal *fleet.Refusal) error {
	for _, zone := range p.zonesOf(ctx, order, refusal.Reason) {
		p.types.Unavailable.Refuse(instancetype.Key{Flavor: order.Flavor, Zone: zone}, refusal.Reason)
	}
	p.recorder.Publish(events.Event{
		InvolvedObject: claim, Type: corev1.EventTypeWarning, Reason: "OrderRefused",
		Message:      fmt.Sprintf("OVHcloud has no %s in %s: %v", order.Flavor, order.Zone, refusal),
		DedupeValues: []string{string(claim.UID)},
	})
	if err := p.fleet.Renounce(ctx, claim); err != nil {
		return err
	}
	return cloudprovider.NewInsufficientCapacityError(fmt.Errorf("%s in %s: %w", order.Flavor, order.Zone, refusal))
}

// zonesOf a refusal: quota is the region's, stock the zone's.
func (p *Provider) zonesOf(ctx context.Context, order fleet.Order, reason string) []string {
	if reason == instancetype.ReasonStock || reason == instancetype.ReasonBoot {
		return []string{order.Zone}
	}
	zones, _, err := p.types.Zones(ctx)
	if err != nil {
		return []string{order.Zone}
	}
	return zones
}

// failed has a node removed that will not boot. Only once that was accepted the order is given up.
func (p *Provider) failed(ctx context.Context, claim *karpv1.NodeClaim, order fleet.Order, node ovh.Node) error {
	current := &karpv1.NodeClaim{}
	if err := p.reader.Get(ctx, client.ObjectKeyFromObject(claim), current); err != nil {
		return err
	}
	if _, err := p.fleet.Remove(ctx, current); err != nil {
		return createError(err)
	}
	reason := instancetype.ReasonBoot
	if node.Status == ovh.StatusOutOfStock {
		reason = instancetype.ReasonStock
	}
	return p.refused(ctx, claim, order, &fleet.Refusal{Reason: reason, Err: fmt.Errorf("node %s is in status %s", node.Name, node.Status)})
}

// created is the NodeClaim as it was launched.
func (p *Provider) created(claim *karpv1.NodeClaim, class *v1alpha1.OVHNodeClass, order fleet.Order, node ovh.Node, its []*cloudprovider.InstanceType) (*karpv1.NodeClaim, error) {
	created := claim.DeepCopy()
	if created.Annotations == nil {
		created.Annotations = map[string]string{}
	}
	created.Annotations[v1alpha1.AnnotationOrder] = order.Annotation()
	created.Annotations[v1alpha1.AnnotationNodeID] = node.ID
	created.Annotations[v1alpha1.AnnotationNodeClassHash] = hashOf(class)
	created.Labels = maps.Clone(created.Labels)
	if created.Labels == nil {
		created.Labels = map[string]string{}
	}
	created.Status.ProviderID = node.ProviderID()
	created.Status.ImageID = node.Version
	for _, it := range its {
		if it.Name != order.Flavor {
			continue
		}
		for key, requirement := range it.Requirements {
			if requirement.Operator() == corev1.NodeSelectorOpIn && requirement.Len() == 1 {
				created.Labels[key] = requirement.Any()
			}
		}
		created.Status.Capacity = it.Capacity
		created.Status.Allocatable = it.Allocatable()
	}
	created.Labels[corev1.LabelInstanceTypeStable] = order.Flavor
	created.Labels[corev1.LabelTopologyZone] = order.Zone
	created.Labels[karpv1.CapacityTypeLabelKey] = karpv1.CapacityTypeOnDemand
	log.Log.V(1).Info("launched", "NodeClaim", claim.Name, "node", node.Name)
	p.recorder.Publish(events.Event{
		InvolvedObject: claim, Type: corev1.EventTypeNormal, Reason: "NodeOrdered",
		Message:      fmt.Sprintf("node %s (%s, %s) at OVHcloud", node.Name, order.Flavor, order.Zone),
		DedupeValues: []string{string(claim.UID)},
	})
	return created, nil
}

func gpus(its []*cloudprovider.InstanceType, flavor string) bool {
	for _, it := range its {
		if it.Name == flavor {
			return it.Requirements.Get(v1alpha1.LabelInstanceGPUCount).Any() != "0"
		}
	}
	return false
}

// createError names what went wrong in the NodeClaim's condition. Karpenter tries again.
func createError(err error) error {
	reason := map[ovh.Kind]string{
		ovh.RateLimited: "OVHcloudRateLimited",
		ovh.Forbidden:   "OVHcloudForbidden",
		ovh.Unavailable: "OVHcloudUnavailable",
		ovh.Conflict:    "OVHcloudConflict",
	}[ovh.KindOf(err)]
	if reason == "" {
		reason = "LaunchFailed"
	}
	return cloudprovider.NewCreateError(err, reason, err.Error())
}

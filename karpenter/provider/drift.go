package provider

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/fleet"
	"ovh-mks-batch/karpenter/ovh"
)

// Reasons of drift, beside Karpenter's own.
const (
	MonthlyBillingDrifted cloudprovider.DriftReason = "MonthlyBillingDrifted"
	AntiAffinityDrifted   cloudprovider.DriftReason = "AntiAffinityDrifted"
	NodeClassDrifted      cloudprovider.DriftReason = "NodeClassDrifted"
	NodeOutdated          cloudprovider.DriftReason = "NodeOutdated"
)

// hashOf what a class says about nodes. Billing and anti-affinity have reasons of their own and are not in it.
func hashOf(class *v1alpha1.OVHNodeClass) string {
	text, err := json.Marshal(class.Spec.Tags)
	if err != nil {
		panic(err) // Strings always are JSON.
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// IsDrifted compares a NodeClaim with its class, and its node with the cluster. It asks OVHcloud once a minute for all NodeClaims together.
func (p *Provider) IsDrifted(ctx context.Context, claim *karpv1.NodeClaim) (cloudprovider.DriftReason, error) {
	class := &v1alpha1.OVHNodeClass{}
	if err := p.kube.Get(ctx, types.NamespacedName{Name: claim.Spec.NodeClassRef.Name}, class); err != nil {
		if apierrors.IsNotFound(err) {
			return "", nil
		}
		return "", err
	}
	order, ordered, err := fleet.OrderOf(claim)
	if err != nil {
		return "", err
	}
	if ordered {
		switch hash := claim.Annotations[v1alpha1.AnnotationNodeClassHash]; {
		case order.Monthly != class.Spec.MonthlyBilled:
			return MonthlyBillingDrifted, nil
		case order.AntiAffinity != class.Spec.AntiAffinity:
			return AntiAffinityDrifted, nil
		case hash != "" && hash != hashOf(class):
			return NodeClassDrifted, nil
		}
	}
	snapshot, err := p.fleet.Read(ctx, driftAge)
	if err != nil {
		return "", err
	}
	// A node that OVHcloud is about to update itself is left alone.
	if node, found := snapshot.NodeOf(claim); found && node.Status == ovh.StatusReady && !node.IsUpToDate {
		return NodeOutdated, nil
	}
	return "", nil
}

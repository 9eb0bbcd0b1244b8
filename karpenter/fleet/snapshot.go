package fleet

import (
	"context"
	"time"

	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/ovh"
)

// Snapshot is what OVHcloud has and what NodeClaims want. It is complete, or there is none: where any of it cannot be read, nothing counts
// as gone.
type Snapshot struct {
	At     time.Time
	Pools  []ovh.Pool
	Nodes  []ovh.Node
	Claims []*karpv1.NodeClaim
}

// Read answers a snapshot that is younger than the age; with 0, one that was begun after the call.
func (f *Fleet) Read(ctx context.Context, age time.Duration) (*Snapshot, error) {
	if last := f.last.Load(); last != nil && f.clock.Since(last.At) < age {
		return last, nil
	}
	return f.reads.Do(ctx)
}

// read asks for pools before nodes before NodeClaims. The pools of a family change under its lock only, and the one who holds it reads after
// it got it.
func (f *Fleet) read(ctx context.Context) (*Snapshot, error) {
	at := f.clock.Now()
	pools, err := f.cloud.Pools(ctx)
	if err != nil {
		return nil, err
	}
	nodes, err := f.cloud.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	var claims karpv1.NodeClaimList
	if err := f.reader.List(ctx, &claims); err != nil {
		return nil, err
	}
	snapshot := &Snapshot{At: at, Pools: pools, Nodes: nodes}
	for i := range claims.Items {
		if ref := claims.Items[i].Spec.NodeClassRef; ref != nil && ref.Group == v1alpha1.Group {
			snapshot.Claims = append(snapshot.Claims, &claims.Items[i])
		}
	}
	f.last.Store(snapshot)
	return snapshot, nil
}

// Pool of a node.
func (s *Snapshot) Pool(id string) (ovh.Pool, bool) {
	for _, pool := range s.Pools {
		if pool.ID == id {
			return pool, true
		}
	}
	return ovh.Pool{}, false
}

// NodeOf a NodeClaim: by the id that was noted when it was assigned, or by the provider id.
func (s *Snapshot) NodeOf(claim *karpv1.NodeClaim) (ovh.Node, bool) {
	id, providerID := claim.Annotations[v1alpha1.AnnotationNodeID], claim.Status.ProviderID
	for _, node := range s.Nodes {
		if (providerID != "" && node.ProviderID() == providerID) || (providerID == "" && id != "" && node.ID == id) {
			return node, true
		}
	}
	return ovh.Node{}, false
}

// ByProviderID finds the node that a Kubernetes Node is.
func (s *Snapshot) ByProviderID(providerID string) (ovh.Node, bool) {
	for _, node := range s.Nodes {
		if providerID != "" && node.ProviderID() == providerID {
			return node, true
		}
	}
	return ovh.Node{}, false
}

// owners of nodes, by the node's id. A NodeClaim that is being deleted owns its node until it is gone.
func (s *Snapshot) owners() map[string]*karpv1.NodeClaim {
	owners := make(map[string]*karpv1.NodeClaim, len(s.Claims))
	for _, claim := range s.Claims {
		if node, found := s.NodeOf(claim); found {
			owners[node.ID] = claim
		}
	}
	return owners
}

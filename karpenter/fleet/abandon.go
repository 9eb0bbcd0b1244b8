package fleet

import (
	"context"

	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"ovh-mks-batch/karpenter/ovh"
)

// Abandon has the node removed that was ordered for a NodeClaim which is being deleted before it was launched. It returns true once nothing is
// left to do for it: the removal was asked for, somebody else waits for the node, or none is on its way.
func (f *Fleet) Abandon(ctx context.Context, claim *karpv1.NodeClaim, order Order) (done bool, err error) {
	fam := f.family(order.Family)
	fam.lock.Lock()
	defer fam.lock.Unlock()
	snapshot, err := f.reads.Do(ctx)
	if err != nil {
		return false, err
	}
	for _, current := range snapshot.Claims {
		if current.Name == claim.Name {
			claim = current
		}
	}
	if node, assigned := snapshot.NodeOf(claim); assigned {
		if pool, found := snapshot.Pool(node.PoolID); found && !node.Leaving() && !f.removing()[node.ID] {
			return true, f.take(ctx, snapshot, pool, node)
		}
		return true, nil
	}
	if len(waitingOf(snapshot, order.Family)) > 0 {
		return true, nil
	}
	pool, node, coming := f.ordered(snapshot, claim, order)
	if node.ID != "" {
		return true, f.take(ctx, snapshot, pool, node)
	}
	return !coming, nil
}

// ordered is a node that came for a NodeClaim that never had it: younger than the NodeClaim, and nobody's. What is older, nobody knows why, is
// the collector's, which tells of it first. `coming` is true where a node is ordered that OVHcloud does not list yet.
func (f *Fleet) ordered(s *Snapshot, claim *karpv1.NodeClaim, order Order) (pool ovh.Pool, node ovh.Node, coming bool) {
	owners, removing := s.owners(), f.removing()
	for _, candidate := range s.Pools {
		if !Managed(candidate) || familyOf(candidate) != order.Family || candidate.Leaving() {
			continue
		}
		live := 0
		for _, other := range s.Nodes {
			if other.PoolID != candidate.ID || other.Leaving() {
				continue
			}
			live++
			if owners[other.ID] == nil && !removing[other.ID] && !other.CreatedAt.Before(claim.CreationTimestamp.Time) {
				pool, node = candidate, other
			}
		}
		coming = coming || (candidate.Status != ovh.StatusQuotaError && candidate.DesiredNodes > live)
	}
	return pool, node, coming
}

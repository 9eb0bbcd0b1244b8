package fleet

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/log"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"ovh-mks-batch/karpenter/ovh"
)

// Remove has the node of a NodeClaim removed, by name. It returns true once there is no such node any more, which only a complete answer of
// OVHcloud can say.
func (f *Fleet) Remove(ctx context.Context, claim *karpv1.NodeClaim) (gone bool, err error) {
	return f.remove(ctx, func(s *Snapshot) (ovh.Node, bool) { return s.NodeOf(claim) }, nil)
}

// RemoveUnowned has a node removed that no NodeClaim owns, unless one does by now or waits for a node of its pool.
func (f *Fleet) RemoveUnowned(ctx context.Context, nodeID string) (gone bool, err error) {
	find := func(s *Snapshot) (ovh.Node, bool) {
		for _, node := range s.Nodes {
			if node.ID == nodeID {
				return node, true
			}
		}
		return ovh.Node{}, false
	}
	return f.remove(ctx, find, func(s *Snapshot, node ovh.Node, pool ovh.Pool) bool {
		return Managed(pool) && s.owners()[node.ID] == nil && len(waitingOf(s, familyOf(pool))) == 0
	})
}

type finder func(*Snapshot) (ovh.Node, bool)

func (f *Fleet) remove(ctx context.Context, find finder, allowed func(*Snapshot, ovh.Node, ovh.Pool) bool) (gone bool, err error) {
	// The first look only tells whose lock to take; it need not be new, unless it does not know the node.
	snapshot, err := f.Read(ctx, removalShows)
	if err != nil {
		return false, err
	}
	node, pool, found := locate(snapshot, find)
	if !found {
		if snapshot, err = f.reads.Do(ctx); err != nil {
			return false, err
		}
		if node, found = find(snapshot); !found {
			return true, nil
		}
		// A pool that was read before its node is new, or just gone: the next look shows it.
		if pool, found = snapshot.Pool(node.PoolID); !found {
			return false, nil
		}
	}
	fam := f.family(familyOf(pool))
	fam.lock.Lock()
	defer fam.lock.Unlock()
	if snapshot, err = f.reads.Do(ctx); err != nil {
		return false, err
	}
	if node, found = find(snapshot); !found {
		return true, nil
	}
	if pool, found = snapshot.Pool(node.PoolID); !found {
		return false, nil
	}
	if node.Leaving() || pool.Leaving() || f.removing()[node.ID] || (allowed != nil && !allowed(snapshot, node, pool)) {
		return false, nil
	}
	return false, f.take(ctx, snapshot, pool, node)
}

// take asks for a node's removal. The caller holds the lock of its family.
func (f *Fleet) take(ctx context.Context, s *Snapshot, pool ovh.Pool, node ovh.Node) error {
	if err := f.shrink(ctx, s, pool, node); err != nil && ovh.KindOf(err) != ovh.Gone {
		return fmt.Errorf("removing node %s of pool %s: %w", node.Name, pool.Name, err)
	}
	log.FromContext(ctx).Info("asked for a node's removal", "node", node.Name, "pool", pool.Name)
	f.noteRemoval(node.ID)
	f.forget()
	return nil
}

func locate(s *Snapshot, find finder) (node ovh.Node, pool ovh.Pool, found bool) {
	if node, found = find(s); found {
		pool, found = s.Pool(node.PoolID)
	}
	return node, pool, found
}

// shrink takes exactly this node. A pool that desires fewer nodes than there are is shrinking already, maybe by a call of ours whose answer
// was lost: then it is told again which node goes, and not to become smaller still.
func (f *Fleet) shrink(ctx context.Context, s *Snapshot, pool ovh.Pool, node ovh.Node) error {
	if node.ProviderID() == "" {
		return f.cloud.DeleteNode(ctx, node.ID)
	}
	live := 0
	for _, other := range s.Nodes {
		if other.PoolID == pool.ID && !other.Leaving() {
			live++
		}
	}
	desired := pool.DesiredNodes
	if desired >= live {
		desired--
	}
	return f.cloud.Resize(ctx, pool.ID, desired, node.ProviderID())
}

// DeleteEmptyPool deletes a pool of this provider, unless it has or is to have a node by now.
func (f *Fleet) DeleteEmptyPool(ctx context.Context, id, family string) (deleted bool, err error) {
	fam := f.family(family)
	fam.lock.Lock()
	defer fam.lock.Unlock()
	snapshot, err := f.reads.Do(ctx)
	if err != nil {
		return false, err
	}
	pool, found := snapshot.Pool(id)
	if !found || pool.Leaving() || !Empty(snapshot, pool) {
		return false, nil
	}
	if err := f.cloud.DeletePool(ctx, id); err != nil && ovh.KindOf(err) != ovh.Gone {
		return false, fmt.Errorf("deleting pool %s: %w", pool.Name, err)
	}
	f.forget()
	return true, nil
}

// ReleaseQuota has a pool desire only the nodes that it has, after OVHcloud gave up making more: otherwise it would make them once there is
// room, for nobody.
func (f *Fleet) ReleaseQuota(ctx context.Context, id, family string) error {
	fam := f.family(family)
	fam.lock.Lock()
	defer fam.lock.Unlock()
	snapshot, err := f.reads.Do(ctx)
	if err != nil {
		return err
	}
	pool, found := snapshot.Pool(id)
	if !found || pool.Status != ovh.StatusQuotaError {
		return nil
	}
	live := 0
	for _, node := range snapshot.Nodes {
		if node.PoolID == id && !node.Leaving() {
			live++
		}
	}
	if pool.DesiredNodes <= live {
		return nil
	}
	f.forget()
	return f.cloud.Resize(ctx, id, live)
}

// Empty is true for a pool that has no node, is to have none, and that no NodeClaim waits for.
func Empty(s *Snapshot, pool ovh.Pool) bool {
	if !Managed(pool) || pool.DesiredNodes > 0 || len(waitingOf(s, familyOf(pool))) > 0 {
		return false
	}
	for _, node := range s.Nodes {
		if node.PoolID == pool.ID {
			return false
		}
	}
	return true
}

// Unowned are the nodes of this provider's pools that no NodeClaim owns and none waits for.
func (f *Fleet) Unowned(s *Snapshot) []ovh.Node {
	owners, removing := s.owners(), f.removing()
	var unowned []ovh.Node
	for _, node := range s.Nodes {
		pool, found := s.Pool(node.PoolID)
		if !found || !Managed(pool) || pool.Leaving() || node.Leaving() || removing[node.ID] || owners[node.ID] != nil {
			continue
		}
		if len(waitingOf(s, familyOf(pool))) == 0 {
			unowned = append(unowned, node)
		}
	}
	return unowned
}

// Family of a pool, and the class that it was opened for.
func Family(pool ovh.Pool) (family, class string) { return familyOf(pool), nodeClassOf(pool) }

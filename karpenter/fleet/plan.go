package fleet

import (
	"cmp"
	"slices"

	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/ovh"
)

// plan is what a family of pools needs so that each of its NodeClaims gets a node. It follows from what is there, not from what was asked
// for before: whoever plans again after a crash or a lost answer orders nothing twice.
type plan struct {
	// assign: NodeClaim by name → a node that nobody owns.
	assign map[string]ovh.Node
	// waiting NodeClaims, oldest first: for the first `coming` of them a node is ordered already.
	waiting []*karpv1.NodeClaim
	coming  int
	// grow says how many nodes to add to which pool, in this order. A pool without an id has to be created.
	grow []growth
}

type growth struct {
	pool   ovh.Pool
	number int
	more   int
}

// planFamily decides without asking anybody. `leaving` are nodes whose removal was asked for, though OVHcloud may not show it yet.
func planFamily(s *Snapshot, order Order, leaving map[string]bool) plan {
	var pools []ovh.Pool
	for _, pool := range s.Pools {
		if Managed(pool) && familyOf(pool) == order.Family && !pool.Leaving() {
			pools = append(pools, pool)
		}
	}
	slices.SortFunc(pools, func(a, b ovh.Pool) int { return cmp.Compare(numberOf(a), numberOf(b)) })

	owners := s.owners()
	live := map[string]int{}
	var free []ovh.Node
	for _, pool := range pools {
		for _, node := range s.Nodes {
			if node.PoolID != pool.ID || node.Leaving() {
				continue
			}
			live[pool.ID]++
			if owners[node.ID] == nil && !leaving[node.ID] {
				free = append(free, node)
			}
		}
	}
	// A node that failed is the last to be taken, but it is: it was somebody's order, who will have it removed and be told why.
	slices.SortStableFunc(free, func(a, b ovh.Node) int {
		return cmp.Or(compareBool(a.Failed(), b.Failed()), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})

	result := plan{assign: map[string]ovh.Node{}}
	for _, claim := range waitingOf(s, order.Family) {
		if len(result.assign) < len(free) {
			result.assign[claim.Name] = free[len(result.assign)]
		} else {
			result.waiting = append(result.waiting, claim)
		}
	}
	for _, pool := range pools {
		// A pool whose quota is used up gets no node, whatever it desires.
		if pool.Status != ovh.StatusQuotaError {
			result.coming += max(0, pool.DesiredNodes-live[pool.ID])
		}
	}
	result.grow = spread(pools, order, len(result.waiting)-result.coming)
	return result
}

// waitingOf a family: its NodeClaims that have no node, oldest first.
func waitingOf(s *Snapshot, family string) []*karpv1.NodeClaim {
	var waiting []*karpv1.NodeClaim
	for _, claim := range s.Claims {
		order, ordered, err := OrderOf(claim)
		if err != nil || !ordered || order.Family != family || !claim.DeletionTimestamp.IsZero() {
			continue
		}
		// A launched NodeClaim whose node is gone gets no other: Karpenter deletes it.
		if claim.Status.ProviderID != "" {
			continue
		}
		if _, found := s.NodeOf(claim); !found {
			waiting = append(waiting, claim)
		}
	}
	slices.SortFunc(waiting, func(a, b *karpv1.NodeClaim) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return waiting
}

// spread fills the family's pools in the order of their numbers, and opens further ones.
func spread(pools []ovh.Pool, order Order, more int) (grow []growth) {
	taken := map[int]bool{}
	for _, pool := range pools {
		taken[numberOf(pool)] = true
		if pool.Status == ovh.StatusQuotaError {
			continue
		}
		if room := min(more, capacity(pool)-pool.DesiredNodes); room > 0 {
			grow = append(grow, growth{pool: pool, number: numberOf(pool), more: room})
			more -= room
		}
	}
	for number := 1; more > 0; number++ {
		if taken[number] {
			continue
		}
		room := min(more, capacity(ovh.Pool{AntiAffinity: order.AntiAffinity}))
		grow = append(grow, growth{number: number, more: room})
		more -= room
	}
	return grow
}

// capacity of a pool in nodes. Where OVHcloud tells none, it is that of the smaller plan.
func capacity(pool ovh.Pool) int {
	switch {
	case pool.AntiAffinity:
		return maxAntiAffine
	case pool.MaxNodes > 0:
		return pool.MaxNodes
	default:
		return 100
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// nodeClassOf a pool of this provider.
func nodeClassOf(pool ovh.Pool) string {
	return pool.Template.Metadata.Annotations[v1alpha1.AnnotationNodeClass]
}

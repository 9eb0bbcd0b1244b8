package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/instancetype"
	"ovh-mks-batch/karpenter/ovh"
)

// limitConflicts: so many conflicts in a row are a limit, such as the nodes of the cluster's plan.
const limitConflicts = 3

// Settlement is how a family's NodeClaims stand.
type Settlement struct {
	// Nodes by NodeClaim.
	Nodes map[string]ovh.Node
	// Coming: for these NodeClaims a node is ordered that OVHcloud does not list yet.
	Coming map[string]bool
	// Refused NodeClaims, for which nothing was or will be ordered.
	Refused map[string]*Refusal
	// Leaving NodeClaims are being deleted, or gone, as all that the settlement does not name.
	Leaving map[string]bool
}

// Refusal of an order by OVHcloud.
type Refusal struct {
	Reason string
	Err    error
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: %v", r.Reason, r.Err) }

// Unwrap is what OVHcloud said.
func (r *Refusal) Unwrap() error { return r.Err }

// Settle brings a family in step with its NodeClaims: assigns nodes, orders those that are missing. Callers share the work.
func (f *Fleet) Settle(ctx context.Context, name string) (*Settlement, error) {
	return f.family(name).settles.Do(ctx)
}

func (f *Fleet) settle(ctx context.Context, fam *family, name string) (*Settlement, error) {
	fam.lock.Lock()
	defer fam.lock.Unlock()
	snapshot, err := f.reads.Do(ctx)
	if err != nil {
		return nil, err
	}
	order, found := orderOfFamily(snapshot, name)
	if !found {
		return standing(snapshot, name), nil
	}
	decided := planFamily(snapshot, order, f.removing())
	for _, claim := range snapshot.Claims {
		node, assigned := decided.assign[claim.Name]
		if !assigned {
			continue
		}
		if err := f.annotate(ctx, claim.Name, v1alpha1.AnnotationNodeID, &node.ID); err != nil {
			return nil, err
		}
		f.forget()
	}
	result := standing(snapshot, name)
	maps.Copy(result.Nodes, decided.assign)
	for i, claim := range decided.waiting {
		if i < decided.coming {
			result.Coming[claim.Name] = true
		}
	}
	ordered, err := f.order(ctx, fam, snapshot, order, decided.grow)
	if ordered > 0 {
		f.forget()
	}
	var refusal *Refusal
	if err != nil && !errors.As(err, &refusal) {
		return nil, err
	}
	for i, claim := range decided.waiting {
		switch {
		case i < decided.coming+ordered:
			result.Coming[claim.Name] = true
		case refusal != nil && ordered == 0:
			result.Refused[claim.Name] = refusal
		}
	}
	return result, nil
}

func orderOfFamily(s *Snapshot, name string) (Order, bool) {
	for _, claim := range waitingOf(s, name) {
		order, _, _ := OrderOf(claim)
		return order, true
	}
	return Order{}, false
}

// standing is how the NodeClaims of a family stand without doing anything.
func standing(s *Snapshot, name string) *Settlement {
	result := &Settlement{
		Nodes: map[string]ovh.Node{}, Coming: map[string]bool{}, Refused: map[string]*Refusal{}, Leaving: map[string]bool{},
	}
	for _, claim := range s.Claims {
		if order, ordered, err := OrderOf(claim); err != nil || !ordered || order.Family != name {
			continue
		}
		if !claim.DeletionTimestamp.IsZero() {
			result.Leaving[claim.Name] = true
		}
		if node, found := s.NodeOf(claim); found {
			result.Nodes[claim.Name] = node
		}
	}
	return result
}

// order grows pools as planned and returns for how many nodes that went well. The error is a Refusal where OVHcloud will have no more.
func (f *Fleet) order(ctx context.Context, fam *family, s *Snapshot, order Order, grow []growth) (ordered int, err error) {
	pools, asked := len(s.Pools), 0
	for _, step := range grow {
		asked += step.more
		if step.pool.ID == "" && pools >= maxPools {
			return ordered, &Refusal{instancetype.ReasonLimit, fmt.Errorf("the cluster has %d node pools, which is the most that OVHcloud allows", pools)}
		}
		for more := step.more; more > 0; more /= 2 {
			if step.pool.ID == "" {
				err = f.cloud.CreatePool(ctx, order.newPool(step.number, more))
			} else {
				err = f.cloud.Resize(ctx, step.pool.ID, step.pool.DesiredNodes+more)
			}
			if err == nil {
				log.FromContext(ctx).Info("ordered nodes", "pool", fmt.Sprintf("%s-%d", order.Family, step.number), "nodes", more)
				ordered += more
				fam.conflicts = 0
				break
			}
			// What is too much at once may do in parts.
			if kind := ovh.KindOf(err); kind != ovh.Quota && kind != ovh.Conflict {
				break
			}
		}
		if err != nil {
			return ordered, f.refusal(fam, err)
		}
		if ordered < asked {
			// What is left is tried with the next settlement, and refused if it is too much.
			return ordered, nil
		}
		if step.pool.ID == "" {
			pools++
		}
	}
	return ordered, nil
}

// refusal tells what an error of an order means. What may pass stays an error.
func (f *Fleet) refusal(fam *family, err error) error {
	switch ovh.KindOf(err) {
	case ovh.Quota:
		return &Refusal{instancetype.ReasonQuota, err}
	case ovh.Refused:
		return &Refusal{instancetype.ReasonFlavor, err}
	case ovh.Conflict:
		// The pool may have been created by a call whose answer was lost, or be busy: the next look shows it.
		if fam.conflicts++; fam.conflicts >= limitConflicts {
			fam.conflicts = 0
			return &Refusal{instancetype.ReasonLimit, err}
		}
	}
	return err
}

// Intend notes an order in its NodeClaim, before anything is ordered.
func (f *Fleet) Intend(ctx context.Context, claim *karpv1.NodeClaim, order Order) error {
	text := order.Annotation()
	return f.annotate(ctx, claim.Name, v1alpha1.AnnotationOrder, &text)
}

// Renounce takes an order back for which nothing was ordered, or whose node is gone.
func (f *Fleet) Renounce(ctx context.Context, claim *karpv1.NodeClaim) error {
	return errors.Join(f.annotate(ctx, claim.Name, v1alpha1.AnnotationOrder, nil), f.annotate(ctx, claim.Name, v1alpha1.AnnotationNodeID, nil))
}

// annotate changes one annotation of a NodeClaim; nil takes it away. One that is gone needs none.
func (f *Fleet) annotate(ctx context.Context, name, key string, value *string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]*string{key: value}}})
	if err != nil {
		return err
	}
	claim := &karpv1.NodeClaim{}
	claim.Name = name
	if err := f.writer.Patch(ctx, claim, client.RawPatch(types.MergePatchType, patch)); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("noting %s in NodeClaim %s: %w", key, name, err)
	}
	return nil
}

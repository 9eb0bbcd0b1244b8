package provider_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/fake"
	"ovh-mks-batch/karpenter/fleet"
	"ovh-mks-batch/karpenter/provider"
)

// enough calls that no Create or Delete makes more.
const enough = 25

// recover brings a process back to life and lets Karpenter try again, until the NodeClaim is launched or has waited too long.
func (w *world) recoverAndLaunch(claim *karpv1.NodeClaim) {
	w.Helper()
	w.cloud.Mend()
	w.writes.Store(-1)
	w.restart()
	w.mustLaunch(claim)
	w.collect(20 * time.Minute)
	w.inStep()
}

func TestKilledDuringCreateAtEveryRequest(t *testing.T) {
	for requests := range enough {
		t.Run(fmt.Sprint(requests), func(t *testing.T) {
			w := newWorld(t)
			w.mustLaunch(w.claim(flavor("b3-8")))
			claim := w.claim(flavor("b3-8"))
			w.restart()
			w.cloud.KillAfter(requests)
			_ = w.launch(claim)
			w.recoverAndLaunch(claim)
		})
	}
}

func TestKilledDuringCreateAtEveryWriteToTheCluster(t *testing.T) {
	for writes := range 3 {
		t.Run(fmt.Sprint(writes), func(t *testing.T) {
			w := newWorld(t)
			claim := w.claim(flavor("b3-8"))
			w.writes.Store(int32(writes))
			_ = w.launch(claim)
			w.recoverAndLaunch(claim)
		})
	}
}

func TestKilledDuringCreateAndTheNodeClaimGivenUp(t *testing.T) {
	for requests := range enough {
		t.Run(fmt.Sprint(requests), func(t *testing.T) {
			w := newWorld(t)
			claim := w.claim(flavor("b3-8"))
			w.restart()
			w.cloud.KillAfter(requests)
			if w.launch(claim) == nil {
				t.Skip("it was launched")
			}
			w.giveUp(claim)
			w.cloud.Mend()
			w.restart()
			w.collect(30 * time.Minute)
			w.inStep()
			if pools := w.poolNames(); len(pools) > 0 {
				t.Errorf("pools %v are left", pools)
			}
		})
	}
}

func TestKilledDuringDeleteAtEveryRequest(t *testing.T) {
	for requests := range enough {
		t.Run(fmt.Sprint(requests), func(t *testing.T) {
			w := newWorld(t, func(c *fake.Cloud) { c.LeavingShownAfter = 2 })
			staying, going := w.mustLaunch(w.claim(flavor("b3-8"))), w.mustLaunch(w.claim(flavor("b3-8")))
			w.restart()
			w.cloud.KillAfter(requests)
			for range 5 {
				_ = w.provider.Delete(w.ctx, going)
			}
			w.cloud.Mend()
			w.restart()
			w.terminate(going)
			w.inStep()
			if w.current(staying) == nil {
				t.Error("the other NodeClaim went")
			}
		})
	}
}

func TestOrdersEndInStepWhateverOVHcloudAnswers(t *testing.T) {
	for name, fault := range map[string]fake.Fault{
		"too many requests":               {Status: 429, Times: 4},
		"server errors":                   {Status: 500, Times: 4},
		"answers lost after acting":       {Acts: true, Times: 3},
		"orders' answers lost":            {Method: "POST", Acts: true, Times: 1},
		"resizes' answers lost":           {Method: "PUT", Acts: true, Times: 3},
		"server errors after acting":      {Method: "PUT", Status: 504, Acts: true, Times: 2},
		"connections cut without an act":  {Method: "PUT", Times: 3},
		"a conflict now and then":         {Method: "PUT", Status: 409, Times: 2},
		"too many requests on each order": {Method: "POST", Status: 429, Times: 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mustLaunch(w.claim(flavor("b3-8")))
			w.cloud.Break(fault)
			var claims []*karpv1.NodeClaim
			for i := range 8 {
				claims = append(claims, w.claim(flavor([]string{"b3-8", "b3-16"}[i%2])))
			}
			for range 10 {
				var left []*karpv1.NodeClaim
				for i, err := range w.together(claims...) {
					if err != nil {
						left = append(left, claims[i])
					}
				}
				claims = left
				w.clock.Step(30 * time.Second)
			}
			if len(claims) > 0 {
				t.Fatalf("%d NodeClaims were never launched", len(claims))
			}
			w.collect(20 * time.Minute)
			w.inStep()
		})
	}
}

func TestQuotaIsALackOfCapacityOfThisFlavorAndWhatFitsIsOrdered(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.Quota = 3 })
	var claims []*karpv1.NodeClaim
	for range 8 {
		claims = append(claims, w.claim(flavor("b3-8")))
	}
	launched, refused := 0, 0
	for _, err := range w.together(claims...) {
		switch {
		case err == nil:
			launched++
		case cloudprovider.IsInsufficientCapacityError(err):
			refused++
		default:
			t.Errorf("%v", err)
		}
	}
	if launched != 3 || refused != 5 {
		t.Errorf("%d launched and %d refused with a quota of 3", launched, refused)
	}
	w.collect(5 * time.Minute)
	w.inStep()
	if w.events.count("OrderRefused") != refused {
		t.Error("a refusal was not told")
	}
}

func TestThePlansLimitIsALackOfCapacityInTheEnd(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.Plan = 2 })
	w.mustLaunch(w.claim(flavor("b3-8")))
	w.mustLaunch(w.claim(flavor("b3-8")))
	claim := w.claim(flavor("b3-16"))
	var err error
	for range 5 {
		if err = w.launch(claim); cloudprovider.IsInsufficientCapacityError(err) {
			break
		}
	}
	if !cloudprovider.IsInsufficientCapacityError(err) {
		t.Errorf("the plan's limit was told as %v", err)
	}
	w.inStep()
}

func TestAntiAffinityOpensTheNextPoolAfterFiveNodes(t *testing.T) {
	w := newWorld(t)
	w.class("apart", func(class *v1alpha1.OVHNodeClass) { class.Spec.AntiAffinity = true })
	var claims []*karpv1.NodeClaim
	for range 12 {
		claims = append(claims, w.claim(flavor("b3-8"), ofClass("apart")))
	}
	w.all(w.together(claims...))
	w.inStep()
	for _, pool := range w.cloud.Pools() {
		if pool.DesiredNodes > 5 {
			t.Errorf("pool %s has %d nodes", pool.Name, pool.DesiredNodes)
		}
	}
	if pools := w.poolNames(); len(pools) != 3 {
		t.Errorf("12 nodes are in pools %v", pools)
	}
	// What leaves makes room in its pool again.
	w.terminate(w.current(claims[0]))
	w.mustLaunch(w.claim(flavor("b3-8"), ofClass("apart")))
	if pools := w.poolNames(); len(pools) != 3 {
		t.Errorf("then in pools %v", pools)
	}
	w.inStep()
}

func TestTheHundredthPoolIsTheLast(t *testing.T) {
	w := newWorld(t)
	for i := range 100 {
		w.class(fmt.Sprintf("c%d", i), func(class *v1alpha1.OVHNodeClass) {})
	}
	var first *karpv1.NodeClaim
	for i := range 100 {
		claim := w.mustLaunch(w.claim(flavor("b3-8"), ofClass(fmt.Sprintf("c%d", i))))
		if i == 0 {
			first = claim
		}
	}
	if err := w.launch(w.claim(flavor("b3-8"))); !cloudprovider.IsInsufficientCapacityError(err) {
		t.Errorf("the 101st pool was told as %v", err)
	}
	// A pool that has become empty makes room at once.
	w.terminate(first)
	w.collect(time.Minute)
	w.clock.Step(time.Hour)
	w.mustLaunch(w.claim(flavor("b3-8")))
	w.inStep()
}

func TestANodeThatNeverBootsIsRemovedWithItsNodeClaim(t *testing.T) {
	w := newWorld(t)
	claim := w.mustLaunch(w.claim(flavor("b3-8")))
	// Karpenter deletes a NodeClaim that does not register within 15 minutes.
	w.cloud.SetNode(w.cloud.Nodes()[0].ID, "ERROR", true)
	w.terminate(claim)
	w.collect(20 * time.Minute)
	w.inStep()
	if pools := w.poolNames(); len(pools) > 0 {
		t.Errorf("pools %v are left", pools)
	}
}

func TestAPoolDeletedByHandTakesItsNodeClaimsAlong(t *testing.T) {
	w := newWorld(t)
	claim := w.mustLaunch(w.claim(flavor("b3-8")))
	w.cloud.DropPool(w.poolNames()[0])
	w.clock.Step(time.Minute)
	if _, err := w.provider.Get(w.ctx, claim.Status.ProviderID); !cloudprovider.IsNodeClaimNotFoundError(err) {
		t.Errorf("Get answered %v", err)
	}
	if list, err := w.provider.List(w.ctx); err != nil || len(list) > 0 {
		t.Errorf("List answered %d NodeClaims, %v", len(list), err)
	}
	w.terminate(claim)
	w.mustLaunch(w.claim(flavor("b3-8")))
	w.inStep()
}

func TestAPoolDeletedByHandWhileANodeIsOrderedIsOpenedAgain(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.NeverBoots["b3-8"] = true })
	claim := w.claim(flavor("b3-8"))
	if err := w.launch(claim); err == nil {
		t.Fatal("Create should have waited in vain")
	}
	w.cloud.DropPool(w.poolNames()[0])
	w.cloud.Change(func(c *fake.Cloud) { c.NeverBoots["b3-8"] = false })
	w.mustLaunch(claim)
	w.inStep()
}

func TestWrongCredentialsAreToldAndOrderNothing(t *testing.T) {
	w := newWorld(t)
	claim := w.mustLaunch(w.claim(flavor("b3-8")))
	w.cloud.Break(fake.Fault{Path: "/cloud/project/", Status: 403})
	w.restart()
	class := &v1alpha1.OVHNodeClass{}
	if err := w.kube.Get(w.ctx, types.NamespacedName{Name: "default"}, class); err != nil {
		t.Fatal(err)
	}
	if _, err := w.classes.Reconcile(w.ctx, class); err != nil {
		t.Fatal(err)
	}
	if condition := class.StatusConditions().Get(v1alpha1.ConditionCloudReady); !condition.IsFalse() || condition.Reason != "Forbidden" {
		t.Errorf("condition %+v", condition)
	}
	if err := w.provider.Delete(w.ctx, claim); err == nil || cloudprovider.IsNodeClaimNotFoundError(err) {
		t.Errorf("Delete answered %v", err)
	}
	w.cloud.Mend()
	if _, err := w.classes.Reconcile(w.ctx, class); err != nil || !ready(class).IsTrue() {
		t.Errorf("with right credentials again: %v, %+v", err, ready(class))
	}
	w.inStep()
}

func TestANodeClaimDeletedWhileItsNodeBootsLeavesNothing(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.InstanceAfter = 20 })
	claim := w.claim(flavor("b3-8"))
	w.cloud.Change(func(c *fake.Cloud) { c.ListedAfter = 1 })
	done := make(chan error)
	go func() {
		_, err := w.provider.Create(w.ctx, claim)
		done <- err
	}()
	for range 1000 {
		if len(w.cloud.Nodes()) == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := w.kube.Delete(w.ctx, claim); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		w.giveUp(claim)
	} else {
		w.terminate(claim)
	}
	w.collect(20 * time.Minute)
	w.inStep()
}

func TestANodeClaimDeletedBetweenItsOrderAndTheListingOfItsNodeLeavesNothingPaid(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.ListedAfter, c.InstanceAfter = 10, 15 })
	staying := w.claim(flavor("b3-8"), ofClass(w.class("other", func(*v1alpha1.OVHNodeClass) {}).Name))
	w.mustLaunch(staying)
	claim := w.claim(flavor("b3-8"))
	w.cloud.Change(func(c *fake.Cloud) {
		c.Ordered = func() {
			if err := w.kube.Delete(w.ctx, claim); err != nil {
				t.Error(err)
			}
		}
	})
	if err := w.launch(claim); err == nil {
		t.Fatal("a NodeClaim that is being deleted was launched")
	}
	w.giveUp(claim)
	w.inStep()
	if told := w.events.count("OrphanedNode"); told != 0 {
		t.Errorf("it was left to the collector, which told of %d", told)
	}
}

func TestTheNodeOfADeletedNodeClaimIsLeftToOneThatWaitsForIt(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.ListedAfter, c.InstanceAfter = 10, 15 })
	first := w.claim(flavor("b3-8"))
	w.cloud.Change(func(c *fake.Cloud) {
		c.Ordered = func() {
			second := w.claim(flavor("b3-8"))
			class := &v1alpha1.OVHNodeClass{}
			class.Name = "default"
			if err := errors.Join(w.kube.Delete(w.ctx, first), w.fleet.Intend(w.ctx, second, fleet.NewOrder(class, "b3-8", "nova", false))); err != nil {
				t.Error(err)
			}
		}
	})
	if err := w.launch(first); err == nil {
		t.Fatal("a NodeClaim that is being deleted was launched")
	}
	w.giveUp(first)
	var claims karpv1.NodeClaimList
	if err := w.kube.List(w.ctx, &claims); err != nil || len(claims.Items) != 1 {
		t.Fatalf("%d NodeClaims, %v", len(claims.Items), err)
	}
	w.mustLaunch(&claims.Items[0])
	w.inStep()
	if orders := w.cloud.Count("POST nodepool") + w.cloud.Count("PUT nodepool/id"); orders != 1 {
		t.Errorf("%d orders and removals: the node that was on its way should do", orders)
	}
}

func TestAClassThatIsDeletedTakesNodesThatNobodyOwnsAtOnce(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.NeverBoots["b3-8"] = true })
	class := w.class("used", func(*v1alpha1.OVHNodeClass) {})
	if _, err := w.classes.Reconcile(w.ctx, class); err != nil {
		t.Fatal(err)
	}
	claim := w.claim(flavor("b3-8"), ofClass("used"))
	if err := w.launch(claim); err == nil {
		t.Fatal("Create should have waited in vain")
	}
	w.giveUp(claim)
	if err := w.kube.Delete(w.ctx, class); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		if err := w.kube.Get(w.ctx, types.NamespacedName{Name: "used"}, class); err != nil {
			break
		}
		if _, err := w.classes.Reconcile(w.ctx, class); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.kube.Get(w.ctx, types.NamespacedName{Name: "used"}, class); err == nil || len(w.poolNames()) > 0 {
		t.Errorf("the class stays (%v), with pools %v", err, w.poolNames())
	}
	w.inStep()
}

func TestGPUNodesCountAsLaunchedOnceTheyAreReady(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.InstanceAfter = 300 })
	started := w.clock.Now()
	w.mustLaunch(w.claim(flavor("l4-90")))
	if took := w.clock.Since(started); took < 15*time.Minute {
		t.Errorf("it took %s: the test is meant for a slow boot", took)
	}
	w.inStep()
}

func TestAnOutdatedNodeDriftsUnlessOVHcloudUpdatesIt(t *testing.T) {
	w := newWorld(t)
	claim := w.mustLaunch(w.claim(flavor("b3-8")))
	for status, expected := range map[string]cloudprovider.DriftReason{"READY": provider.NodeOutdated, "UPDATING": ""} {
		w.cloud.SetNode(w.cloud.Nodes()[0].ID, status, false)
		w.clock.Step(2 * time.Minute)
		if reason, err := w.provider.IsDrifted(w.ctx, claim); err != nil || reason != expected {
			t.Errorf("%s: %q, %v", status, reason, err)
		}
	}
}

func TestPoolsOfOthersAreNeverTouched(t *testing.T) {
	w := newWorld(t)
	claim := w.mustLaunch(w.claim(flavor("b3-8")))
	w.cloud.Change(func(c *fake.Cloud) { c.Disown(claim.Annotations[v1alpha1.AnnotationNodeID]) })
	w.giveUp(claim)
	w.collect(time.Hour)
	if nodes := w.cloud.Nodes(); len(nodes) != 1 {
		t.Error("a node of a pool that is not this provider's was removed")
	}
}

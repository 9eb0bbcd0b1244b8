// The fifteen hazards of the first public provider for OVHcloud, each with a test that it is none here (docs/decisions/karpenter.md).
package provider_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/scheduling"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/fake"
	"ovh-mks-batch/karpenter/fleet"
	"ovh-mks-batch/karpenter/provider"
)

// together launches NodeClaims at once.
func (w *world) together(claims ...*karpv1.NodeClaim) []error {
	failures := make([]error, len(claims))
	var group sync.WaitGroup
	for i, claim := range claims {
		group.Go(func() { failures[i] = w.launch(claim) })
	}
	group.Wait()
	return failures
}

func (w *world) all(failures []error) {
	w.Helper()
	if err := errors.Join(failures...); err != nil {
		w.Fatal(err)
	}
}

// mustLaunchTogether launches n NodeClaims of one kind at once.
func (w *world) mustLaunchTogether(n int, options ...claimOption) []*karpv1.NodeClaim {
	w.Helper()
	claims := make([]*karpv1.NodeClaim, n)
	for i := range claims {
		claims[i] = w.claim(options...)
	}
	w.all(w.together(claims...))
	return claims
}

func TestHazard01TwoNodeClaimsOfOnePoolNeverTakeTheSameNode(t *testing.T) {
	w := newWorld(t)
	w.mustLaunchTogether(20, flavor("b3-8"))
	w.inStep()
	if calls := w.cloud.Count("POST nodepool") + w.cloud.Count("PUT nodepool/id"); calls > 10 {
		t.Errorf("%d orders for 20 NodeClaims of one pool: they should be gathered", calls)
	}
}

func TestHazard02CreateOrdersOnceHoweverOftenItIsCalled(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.NeverBoots["b3-8"] = true })
	claim := w.claim(flavor("b3-8"))
	for range 3 {
		if err := w.launch(claim); err == nil {
			t.Fatal("Create should have waited in vain")
		}
		w.restart()
	}
	if nodes := w.cloud.Nodes(); len(nodes) != 1 {
		t.Fatalf("%d nodes were ordered for one NodeClaim", len(nodes))
	}
	w.cloud.Change(func(c *fake.Cloud) { c.NeverBoots["b3-8"] = false })
	w.mustLaunch(claim)
	// Karpenter may lose the answer, too.
	w.restart()
	w.mustLaunch(claim)
	w.inStep()
}

func TestHazard03WhatAGivenUpNodeClaimOrderedIsFoundAndRemoved(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.NeverBoots["b3-8"] = true })
	claim := w.claim(flavor("b3-8"))
	if err := w.launch(claim); err == nil {
		t.Fatal("Create should have waited in vain")
	}
	w.giveUp(claim)
	w.collect(time.Minute)
	if nodes, told := len(w.cloud.Nodes()), w.events.count("OrphanedNode"); nodes != 1 || told != 1 {
		t.Fatalf("%d nodes and %d events before the bound: it is told first, and removed later", nodes, told)
	}
	w.collect(15 * time.Minute)
	w.inStep()
	if removed, pools := w.events.count("OrphanRemoved"), w.poolNames(); removed != 1 || len(pools) != 0 {
		t.Errorf("%d removals told, pools left: %v", removed, pools)
	}
}

func TestHazard03AnotherNodeClaimTakesWhatAGivenUpOneOrdered(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.NeverBoots["b3-8"] = true })
	first := w.claim(flavor("b3-8"))
	if err := w.launch(first); err == nil {
		t.Fatal("Create should have waited in vain")
	}
	w.giveUp(first)
	w.cloud.Change(func(c *fake.Cloud) { c.NeverBoots["b3-8"] = false })
	w.mustLaunch(w.claim(flavor("b3-8")))
	w.inStep()
	if nodes := w.cloud.Nodes(); len(nodes) != 1 {
		t.Errorf("%d nodes were ordered", len(nodes))
	}
}

func TestHazard04NoErrorIsTakenForGone(t *testing.T) {
	for name, fault := range map[string]fake.Fault{
		"too many requests": {Method: "GET", Path: "/(nodepool|node)$", Status: 429},
		"server error":      {Method: "GET", Path: "/nodepool$", Status: 500},
		"nodes unreadable":  {Method: "GET", Path: "/node$", Status: 503},
		"rights lost":       {Method: "GET", Path: "/node$", Status: 403},
		"connection lost":   {Method: "GET", Path: "/nodepool$"},
		"no such cluster":   {Method: "GET", Path: "/nodepool$", Status: 404},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			claim := w.mustLaunch(w.claim(flavor("b3-8")))
			w.restart()
			w.cloud.Break(fault)
			_, getErr := w.provider.Get(w.ctx, claim.Status.ProviderID)
			list, listErr := w.provider.List(w.ctx)
			for call, err := range map[string]error{"Delete": w.provider.Delete(w.ctx, claim), "Get": getErr, "List": listErr} {
				if err == nil || cloudprovider.IsNodeClaimNotFoundError(err) {
					t.Errorf("%s answered %v", call, err)
				}
			}
			if list != nil {
				t.Errorf("List answered %d NodeClaims, though it could not read all", len(list))
			}
			w.cloud.Mend()
			w.inStep()
		})
	}
}

func TestHazard05DeleteSaysGoneOnlyOnceTheMachineIs(t *testing.T) {
	w := newWorld(t)
	claim := w.mustLaunch(w.claim(flavor("b3-8")))
	if err := w.provider.Delete(w.ctx, claim); err != nil {
		t.Fatalf("the first Delete only asks, it answered %v", err)
	}
	asked := 0
	for ; asked < 20; asked++ {
		if err := w.provider.Delete(w.ctx, claim); cloudprovider.IsNodeClaimNotFoundError(err) {
			break
		}
		w.clock.Step(5 * time.Second)
	}
	if asked == 0 || len(w.cloud.Nodes()) != 0 {
		t.Errorf("gone was answered after asking %d times, nodes left: %d", asked, len(w.cloud.Nodes()))
	}
	if puts := w.cloud.Count("PUT nodepool/id"); puts != 1 {
		t.Errorf("the removal was asked for %d times", puts)
	}
}

func TestHazard06APoolGoesOnlyWhenNobodyHasOrderedInIt(t *testing.T) {
	w := newWorld(t)
	first := w.mustLaunch(w.claim(flavor("b3-8")))
	second := w.claim(flavor("b3-8"))
	var group sync.WaitGroup
	group.Go(func() { w.terminate(first) })
	group.Go(func() { w.mustLaunch(second) })
	group.Wait()
	w.collect(20 * time.Minute)
	w.inStep()
	if w.cloud.Count("DELETE nodepool/id") != 0 {
		t.Error("a pool was deleted in which a node was ordered")
	}
	// An order that is only intended counts, too.
	w.terminate(w.current(second))
	third := w.claim(flavor("b3-8"))
	order := fleet.NewOrder(&v1alpha1.OVHNodeClass{ObjectMeta: w.class("other", func(*v1alpha1.OVHNodeClass) {}).ObjectMeta}, "b3-8", "nova", false)
	order.Family = strings.TrimSuffix(w.poolNames()[0], "-1")
	if err := w.fleet.Intend(w.ctx, third, order); err != nil {
		t.Fatal(err)
	}
	w.collect(20 * time.Minute)
	if w.cloud.Count("DELETE nodepool/id") != 0 {
		t.Error("a pool was deleted in which a node was to be ordered")
	}
}

func TestHazard07APoolNeverShrinksWithoutNamingTheNode(t *testing.T) {
	w := newWorld(t)
	claims := w.mustLaunchTogether(6, flavor("b3-8"))
	// Removals whose answer is lost, and that OVHcloud does not show at once.
	w.cloud.Change(func(c *fake.Cloud) { c.LeavingShownAfter = 4 })
	w.cloud.Break(fake.Fault{Method: "PUT", Path: "/nodepool/", Acts: true, Times: 2}, fake.Fault{Method: "PUT", Path: "/nodepool/", Status: 500, Times: 1})
	for _, claim := range claims[:4] {
		w.terminate(claim)
	}
	w.inStep()
	for _, node := range w.cloud.Nodes() {
		if node.ProviderID() != w.current(claims[4]).Status.ProviderID && node.ProviderID() != w.current(claims[5]).Status.ProviderID {
			t.Errorf("node %s is left, which is of neither NodeClaim", node.Name)
		}
	}
}

func TestHazard08TheCheapestThatFitsIsTakenNotTheFirstByName(t *testing.T) {
	w := newWorld(t)
	claim := w.mustLaunch(w.claim(flavor("b3-128", "b3-16", "b3-8", "l4-90")))
	if got := claim.Labels[corev1.LabelInstanceTypeStable]; got != "b3-8" {
		t.Errorf("a pod of 1 CPU got a %s", got)
	}
	large := w.mustLaunch(w.claim(flavor("b3-128", "b3-16", "b3-8", "l4-90"), func(claim *karpv1.NodeClaim) {
		claim.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("3500m")}
	}))
	if got := large.Labels[corev1.LabelInstanceTypeStable]; got != "b3-16" {
		t.Errorf("pods of 3.5 CPUs got a %s", got)
	}
}

func TestHazard08TheZoneIsOneThatTheRequirementsAllow(t *testing.T) {
	w := newWorld(t, threeZones)
	claim := w.mustLaunch(w.claim(flavor("b3-8"), in(corev1.LabelTopologyZone, "eu-west-par-b", "eu-west-par-c")))
	if zone := claim.Labels[corev1.LabelTopologyZone]; zone != "eu-west-par-b" && zone != "eu-west-par-c" {
		t.Errorf("zone %q", zone)
	}
}

func threeZones(c *fake.Cloud) {
	c.Region, c.Zones = "EU-WEST-PAR", []string{"eu-west-par-a", "eu-west-par-b", "eu-west-par-c"}
}

func (w *world) instanceTypes(class string) map[string]*cloudprovider.InstanceType {
	w.Helper()
	pool := &karpv1.NodePool{}
	pool.Spec.Template.Spec.NodeClassRef = &karpv1.NodeClassReference{Group: v1alpha1.Group, Kind: "OVHNodeClass", Name: class}
	list, err := w.provider.GetInstanceTypes(w.ctx, pool)
	if err != nil {
		w.Fatal(err)
	}
	types := map[string]*cloudprovider.InstanceType{}
	for _, it := range list {
		types[it.Name] = it
	}
	return types
}

func TestHazard09PricesAreTheCataloguesAndARefusedOfferingIsAvoided(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.OutOfStock["b3-8"] = true })
	w.class("monthly", func(class *v1alpha1.OVHNodeClass) { class.Spec.MonthlyBilled = true })
	hourly, monthly := w.instanceTypes("default"), w.instanceTypes("monthly")
	if price := hourly["b3-8"].Offerings[0].Price; price != 0.0512 {
		t.Errorf("an hour of b3-8 costs %v", price)
	}
	if price := monthly["b2-7"].Offerings[0].Price; price != 24.2/730 {
		t.Errorf("an hour of a monthly b2-7 costs %v", price)
	}
	if names := slices.Sorted(maps.Keys(monthly)); !slices.Equal(names, []string{"b2-15", "b2-7"}) {
		t.Errorf("monthly flavors: %v", names)
	}

	claim := w.claim(flavor("b3-8", "b3-16"))
	if err := w.launch(claim); !cloudprovider.IsInsufficientCapacityError(err) {
		t.Fatalf("out of stock was told as %v", err)
	}
	if w.instanceTypes("default")["b3-8"].Offerings[0].Available {
		t.Error("the offering is still offered")
	}
	if _, known := w.instanceTypes("default")["b3-8"]; !known {
		t.Error("a type that cannot be had has to be listed all the same")
	}
	w.collect(time.Minute)
	if got := w.mustLaunch(w.claim(flavor("b3-8", "b3-16"))).Labels[corev1.LabelInstanceTypeStable]; got != "b3-16" {
		t.Errorf("the next NodeClaim got a %s", got)
	}
	w.clock.Step(10 * time.Minute)
	if !w.instanceTypes("default")["b3-8"].Offerings[0].Available {
		t.Error("the offering is avoided for ever")
	}
	w.collect(10 * time.Minute)
	w.inStep()
}

func TestHazard10NodesArePlannedWithWhatMKSLeavesPodsDiskIncluded(t *testing.T) {
	w := newWorld(t, func(c *fake.Cloud) { c.Disks = map[string]float64{} })
	for name, it := range w.instanceTypes("default") {
		if disk := it.Allocatable()[corev1.ResourceEphemeralStorage]; disk.Value() < 20e9 {
			t.Errorf("%s leaves pods %s of disk", name, disk.String())
		}
	}
	small := w.instanceTypes("default")["b3-8"].Allocatable()
	for name, expected := range map[corev1.ResourceName]int64{
		corev1.ResourceMemory: 6_410_000_000, corev1.ResourceEphemeralStorage: 28_010_299_956, corev1.ResourcePods: 110,
	} {
		if got := small[name]; got.Value() != expected {
			t.Errorf("b3-8 leaves %d of %s, not %d", got.Value(), name, expected)
		}
	}
	if cpu := small[corev1.ResourceCPU]; cpu.MilliValue() != 1840 {
		t.Errorf("b3-8 leaves %dm of CPU", cpu.MilliValue())
	}
	// What does not fit the real node gets a larger one, not a loop of nodes that are too small.
	claim := w.mustLaunch(w.claim(flavor("b3-8", "b3-16"), func(claim *karpv1.NodeClaim) {
		claim.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1900m")}
	}))
	if got := claim.Labels[corev1.LabelInstanceTypeStable]; got != "b3-16" {
		t.Errorf("pods of 1.9 CPUs got a %s", got)
	}
}

func TestHazard11ZonesAreNamedOnlyWhereTheRegionHasZones(t *testing.T) {
	one := newWorld(t)
	claim := one.mustLaunch(one.claim(flavor("b3-8")))
	if zone, zones := claim.Labels[corev1.LabelTopologyZone], one.cloud.Pools()[0].AvailabilityZones; zone != "nova" || len(zones) > 0 {
		t.Errorf("in a region with one zone: label %q, pool %v", zone, zones)
	}
	three := newWorld(t, threeZones)
	for range 6 {
		three.mustLaunch(three.claim(flavor("b3-8")))
	}
	for _, pool := range three.cloud.Pools() {
		if len(pool.AvailabilityZones) != 1 || !strings.Contains(pool.Name, pool.AvailabilityZones[0]) {
			t.Errorf("pool %s has zones %v", pool.Name, pool.AvailabilityZones)
		}
	}
	if pools := three.cloud.Pools(); len(pools) < 2 {
		t.Errorf("six NodeClaims of no zone went to %d zone", len(pools))
	}
	if price := three.instanceTypes("default")["b3-8"].Offerings[0].Price; price != 0.04655 {
		t.Errorf("an hour of b3-8 in a region with three zones costs %v", price)
	}
}

func TestHazard12WhatDiffersNeverSharesAPool(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*v1alpha1.OVHNodeClass){
		"monthly": func(class *v1alpha1.OVHNodeClass) { class.Spec.MonthlyBilled = true },
		"apart":   func(class *v1alpha1.OVHNodeClass) { class.Spec.AntiAffinity = true },
		"tagged":  func(class *v1alpha1.OVHNodeClass) { class.Spec.Tags = map[string]string{"team": "a"} },
	} {
		w.class(name, change)
		w.mustLaunch(w.claim(flavor("b2-7"), ofClass(name)))
	}
	w.mustLaunch(w.claim(flavor("b2-7")))
	w.inStep()
	pools := w.cloud.Pools()
	if len(pools) != 4 {
		t.Fatalf("four classes have pools %v", w.poolNames())
	}
	seen := map[string]bool{}
	for _, pool := range pools {
		seen[fmt.Sprint(pool.MonthlyBilled, pool.AntiAffinity, pool.Template.Metadata.Annotations[v1alpha1.TagPrefix+"team"])] = true
	}
	if len(seen) != 4 {
		t.Errorf("pools are alike: %v", seen)
	}
}

func TestHazard12AMonthlyNodeDriftsOnceAndNotForEver(t *testing.T) {
	w := newWorld(t)
	claim := w.mustLaunch(w.claim(flavor("b2-7")))
	class := &v1alpha1.OVHNodeClass{}
	if err := w.kube.Get(w.ctx, types.NamespacedName{Name: "default"}, class); err != nil {
		t.Fatal(err)
	}
	class.Spec.MonthlyBilled = true
	if err := w.kube.Update(w.ctx, class); err != nil {
		t.Fatal(err)
	}
	if reason, err := w.provider.IsDrifted(w.ctx, claim); err != nil || reason != provider.MonthlyBillingDrifted {
		t.Errorf("%q, %v", reason, err)
	}
	replacement := w.mustLaunch(w.claim(flavor("b2-7")))
	if reason, err := w.provider.IsDrifted(w.ctx, replacement); err != nil || reason != "" {
		t.Errorf("the replacement has drifted, too: %q, %v", reason, err)
	}
	if monthly := w.cloud.Pools(); len(monthly) != 2 {
		t.Errorf("pools %v", w.poolNames())
	}
}

func TestHazard13NodesStartUnregisteredAndCarryNobodysLabels(t *testing.T) {
	w := newWorld(t)
	w.mustLaunch(w.claim(flavor("b3-8")))
	template := w.cloud.Pools()[0].Template
	if !slices.Contains(template.Spec.Taints, karpv1.UnregisteredNoExecuteTaint) {
		t.Errorf("taints %v", template.Spec.Taints)
	}
	if len(template.Metadata.Labels) > 0 {
		t.Errorf("labels %v: they belong to NodeClaims, whose labels Karpenter puts on nodes", template.Metadata.Labels)
	}
	for key := range template.Metadata.Annotations {
		if strings.HasPrefix(key, "karpenter.sh/") {
			t.Errorf("annotation %s is Karpenter's own to set", key)
		}
	}
}

func TestHazard14FieldsOfTheNodeClassAreCheckedAndAUsedClassStays(t *testing.T) {
	w := newWorld(t)
	wrong := w.class("wrong", func(class *v1alpha1.OVHNodeClass) {
		class.Spec.ServiceName, class.Spec.Region = strings.Repeat("f", 32), "SBG5"
		class.Spec.Tags = map[string]string{"no name": "x"}
	})
	if _, err := w.classes.Reconcile(w.ctx, wrong); err != nil {
		t.Fatal(err)
	}
	message := wrong.StatusConditions().Get(v1alpha1.ConditionValidationSucceeded).Message
	for _, fault := range []string{"spec.serviceName", "spec.region", `"SBG5"`, "OVH_REGION", "spec.tags"} {
		if !strings.Contains(message, fault) {
			t.Errorf("the condition does not name %s: %s", fault, message)
		}
	}
	if !ready(wrong).IsFalse() {
		t.Error("a class with faults is Ready")
	}
	if err := w.launch(w.claim(ofClass("wrong"))); !cloudprovider.IsNodeClassNotReadyError(err) {
		t.Errorf("a class with faults was told as %v", err)
	}
	if err := w.launch(w.claim(ofClass("nowhere"))); !cloudprovider.IsNodeClassNotReadyError(err) {
		t.Errorf("an unknown class was told as %v", err)
	}

	used := w.class("used", func(*v1alpha1.OVHNodeClass) {})
	if _, err := w.classes.Reconcile(w.ctx, used); err != nil {
		t.Fatal(err)
	}
	if !ready(used).IsTrue() || !slices.Contains(used.Status.DiscoveredFlavors, "b3-8") {
		t.Errorf("Ready %v, flavors %v", ready(used), used.Status.DiscoveredFlavors)
	}
	claim := w.mustLaunch(w.claim(flavor("b3-8"), ofClass("used")))
	if err := w.kube.Delete(w.ctx, used); err != nil {
		t.Fatal(err)
	}
	finalize := func() bool {
		class := &v1alpha1.OVHNodeClass{}
		if err := w.kube.Get(w.ctx, types.NamespacedName{Name: "used"}, class); err != nil {
			return true
		}
		if _, err := w.classes.Reconcile(w.ctx, class); err != nil {
			t.Fatal(err)
		}
		return w.kube.Get(w.ctx, types.NamespacedName{Name: "used"}, class) != nil
	}
	if finalize() || w.events.count("DeletionBlocked") == 0 {
		t.Error("a class that a NodeClaim uses went, or did not tell why it stays")
	}
	w.terminate(claim)
	for range 5 {
		if finalize() {
			break
		}
	}
	if !finalize() || len(w.poolNames()) > 0 {
		t.Errorf("the class stays, or left pools %v", w.poolNames())
	}
}

func TestHazard15OrdersAreNotRepeatedAndReadingIsNotPaidPerNode(t *testing.T) {
	w := newWorld(t)
	// The pool is created, and the answer lost.
	w.cloud.Break(fake.Fault{Method: "POST", Path: "/nodepool$", Acts: true, Times: 1})
	claim := w.claim(flavor("b3-8"))
	for range 3 {
		if w.launch(claim) == nil {
			break
		}
	}
	w.inStep()
	if posts := w.cloud.Count("POST nodepool"); posts != 1 {
		t.Errorf("the pool was created %d times", posts)
	}
	claims := w.mustLaunchTogether(30, flavor("b3-8"))
	before := w.cloud.Count("GET node") + w.cloud.Count("GET nodepool")
	for _, claim := range claims {
		if reason, err := w.provider.IsDrifted(w.ctx, w.current(claim)); err != nil || reason != "" {
			t.Errorf("%q, %v", reason, err)
		}
	}
	if _, err := w.provider.List(w.ctx); err != nil {
		t.Fatal(err)
	}
	if calls := w.cloud.Count("GET node") + w.cloud.Count("GET nodepool") - before; calls > 4 {
		t.Errorf("%d calls for the drift of 30 NodeClaims and one list", calls)
	}
}

func TestHazard15NoSecretIsReadFromTheCluster(t *testing.T) {
	secret := regexp.MustCompile(`corev1\.Secret(List)?\{`)
	err := filepath.WalkDir("..", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if secret.Match(text) {
			t.Errorf("%s reads Secrets", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestEveryTypeHasAValueForEveryWellKnownLabel(t *testing.T) {
	w := newWorld(t)
	for name, it := range w.instanceTypes("default") {
		for label := range karpv1.WellKnownLabels {
			if label != karpv1.NodePoolLabelKey && !it.Requirements.Has(label) {
				t.Errorf("%s has nothing for %s", name, label)
			}
		}
	}
	small := scheduling.NewRequirements(scheduling.NewRequirement(v1alpha1.LabelInstanceCPU, corev1.NodeSelectorOpLt, "3"))
	for name, it := range w.instanceTypes("default") {
		if fits := small.Compatible(it.Requirements, scheduling.AllowUndefinedWellKnownLabels) == nil; fits != (name == "b2-7" || name == "b3-8") {
			t.Errorf("instance-cpu < 3 allows %s: %v", name, fits)
		}
	}
}

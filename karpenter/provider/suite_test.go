package provider_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/awslabs/operatorpkg/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	kubefake "sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/events"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/catalog"
	"ovh-mks-batch/karpenter/controllers/collector"
	"ovh-mks-batch/karpenter/controllers/nodeclass"
	"ovh-mks-batch/karpenter/fake"
	"ovh-mks-batch/karpenter/fleet"
	"ovh-mks-batch/karpenter/instancetype"
	"ovh-mks-batch/karpenter/ovh"
	"ovh-mks-batch/karpenter/provider"
	"ovh-mks-batch/karpenter/settings"
)

// world is a cluster, a cloud, and one process of the provider between them.
type world struct {
	*testing.T
	ctx context.Context
	// cloud is the OVHcloud in memory; nil where another is asked.
	cloud    *fake.Cloud
	kube     client.WithWatch
	clock    *fake.Clock
	events   *recorder
	settings settings.Settings
	serial   atomic.Int32
	// there is what OVHcloud has: nodes that are not leaving, and pools.
	there func() ([]ovh.Node, []ovh.Pool)
	// writes that are still let through to the API server; below zero: all.
	writes atomic.Int32

	provider  *provider.Provider
	types     *instancetype.Provider
	fleet     *fleet.Fleet
	collector *collector.Controller
	classes   *nodeclass.Controller
	prices    *catalog.Source
}

type recorder struct {
	mu     sync.Mutex
	events []events.Event
}

func (r *recorder) Publish(published ...events.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, published...)
}

func (r *recorder) count(reason string) (count int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, event := range r.events {
		if event.Reason == reason {
			count++
		}
	}
	return count
}

var errDead = errors.New("the process is dead")

func newWorld(t *testing.T, changes ...func(*fake.Cloud)) *world {
	t.Helper()
	clock := fake.NewClock(time.Date(2026, 11, 30, 10, 10, 0, 0, time.UTC))
	cloud := fake.New()
	t.Cleanup(cloud.Close)
	cloud.Now = clock.Now
	for _, change := range changes {
		change(cloud)
	}
	w := worldAt(t, clock, func() ([]ovh.Node, []ovh.Pool) { return cloud.Nodes(), cloud.Pools() }, map[string]string{
		"OVH_ENDPOINT": cloud.URL(), "OVH_SERVICE_NAME": fake.Project, "OVH_KUBE_ID": fake.Cluster, "OVH_REGION": cloud.Region,
		"OVH_APPLICATION_KEY": "ak", "OVH_APPLICATION_SECRET": "as", "OVH_CONSUMER_KEY": "ck",
	})
	w.cloud = cloud
	return w
}

// worldAt is a world with the OVHcloud API that the variables name.
func worldAt(t *testing.T, clock *fake.Clock, there func() ([]ovh.Node, []ovh.Pool), variables map[string]string) *world {
	t.Helper()
	w := &world{T: t, ctx: t.Context(), clock: clock, events: &recorder{}, there: there}
	w.writes.Store(-1)
	write := func() error {
		switch left := w.writes.Load(); {
		case left == 0:
			return errDead
		case left > 0:
			w.writes.Add(-1)
		}
		return nil
	}
	w.kube = kubefake.NewClientBuilder().WithScheme(scheme.Scheme).
		WithStatusSubresource(&v1alpha1.OVHNodeClass{}, &karpv1.NodeClaim{}).
		WithInterceptorFuncs(interceptor.Funcs{
			Patch: func(ctx context.Context, c client.WithWatch, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
				if err := write(); err != nil {
					return err
				}
				return c.Patch(ctx, obj, patch, opts...)
			},
		}).Build()
	s, err := settings.Read(func(name string) string { return variables[name] })
	if err != nil {
		t.Fatal(err)
	}
	w.settings = s
	w.restart()
	w.class("default", func(*v1alpha1.OVHNodeClass) {})
	return w
}

// restart is a new process that knows nothing of the one before.
func (w *world) restart() {
	w.Helper()
	cloud, err := ovh.New(w.settings, w.clock)
	if err != nil {
		w.Fatal(err)
	}
	w.prices = catalog.NewSource(w.settings.CatalogEndpoint, "FR", w.clock)
	if err := w.prices.Refresh(w.ctx); err != nil {
		w.Fatal(err)
	}
	w.types = instancetype.NewProvider(cloud, w.prices, w.settings.Region, w.clock)
	w.fleet = fleet.New(cloud, w.kube, w.kube, w.clock)
	w.provider = provider.New(w.kube, w.kube, w.types, w.fleet, w.events, w.clock, w.settings.LaunchTimeout)
	w.collector = collector.New(w.kube, w.fleet, w.events, w.clock, w.settings)
	w.classes = nodeclass.New(w.kube, w.settings, cloud, w.types, w.fleet, w.events)
}

func (w *world) class(name string, change func(*v1alpha1.OVHNodeClass)) *v1alpha1.OVHNodeClass {
	w.Helper()
	class := &v1alpha1.OVHNodeClass{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}}
	change(class)
	if err := w.kube.Create(w.ctx, class); err != nil {
		w.Fatal(err)
	}
	return class
}

type claimOption func(*karpv1.NodeClaim)

func ofClass(name string) claimOption {
	return func(claim *karpv1.NodeClaim) { claim.Spec.NodeClassRef.Name = name }
}

func in(key string, values ...string) claimOption {
	return func(claim *karpv1.NodeClaim) {
		claim.Spec.Requirements = append(claim.Spec.Requirements, karpv1.NodeSelectorRequirementWithMinValues{
			Key: key, Operator: corev1.NodeSelectorOpIn, Values: values,
		})
	}
}

func flavor(names ...string) claimOption { return in(corev1.LabelInstanceTypeStable, names...) }

func (w *world) claim(options ...claimOption) *karpv1.NodeClaim {
	w.Helper()
	serial := w.serial.Add(1)
	claim := &karpv1.NodeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("claim-%03d", serial), UID: types.UID(fmt.Sprintf("uid-%03d", serial)),
			CreationTimestamp: metav1.NewTime(w.clock.Now().Add(time.Duration(serial) * time.Millisecond)),
			Labels:            map[string]string{karpv1.NodePoolLabelKey: "general"}, Finalizers: []string{karpv1.TerminationFinalizer},
		},
		Spec: karpv1.NodeClaimSpec{
			NodeClassRef: &karpv1.NodeClassReference{Group: v1alpha1.Group, Kind: "OVHNodeClass", Name: "default"},
			Resources:    karpv1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}},
		},
	}
	for _, option := range options {
		option(claim)
	}
	if err := w.kube.Create(w.ctx, claim); err != nil {
		w.Fatal(err)
	}
	return claim
}

// current NodeClaim on the server; nil when it is gone.
func (w *world) current(claim *karpv1.NodeClaim) *karpv1.NodeClaim {
	w.Helper()
	found := &karpv1.NodeClaim{}
	if err := w.kube.Get(w.ctx, client.ObjectKeyFromObject(claim), found); err != nil {
		if client.IgnoreNotFound(err) == nil {
			return nil
		}
		w.Fatal(err)
	}
	return found
}

// launch does what Karpenter's lifecycle controller does around Create.
func (w *world) launch(claim *karpv1.NodeClaim) error {
	created, err := w.provider.Create(w.ctx, claim)
	if err != nil {
		if cloudprovider.IsInsufficientCapacityError(err) || cloudprovider.IsNodeClassNotReadyError(err) {
			w.giveUp(claim)
		}
		return err
	}
	w.keep(created)
	return nil
}

func (w *world) keep(created *karpv1.NodeClaim) {
	w.Helper()
	current := w.current(created)
	stored := current.DeepCopy()
	current.Labels, current.Annotations = created.Labels, created.Annotations
	status := created.Status
	w.writes.Store(-1)
	if err := w.kube.Patch(w.ctx, current, client.MergeFrom(stored)); err != nil {
		w.Fatal(err)
	}
	current.Status = status
	if err := w.kube.Status().Update(w.ctx, current); err != nil {
		w.Fatal(err)
	}
}

func (w *world) mustLaunch(claim *karpv1.NodeClaim) *karpv1.NodeClaim {
	w.Helper()
	if err := w.launch(claim); err != nil {
		w.Fatalf("Create of %s: %v", claim.Name, err)
	}
	return w.current(claim)
}

// giveUp deletes a NodeClaim without calling Delete, as Karpenter does with one that has no provider id.
func (w *world) giveUp(claim *karpv1.NodeClaim) {
	current := w.current(claim)
	if current == nil {
		return
	}
	current.Finalizers = nil
	if err := w.kube.Update(w.ctx, current); err != nil {
		w.Fatal(err)
	}
	if err := w.kube.Delete(w.ctx, current); client.IgnoreNotFound(err) != nil {
		w.Fatal(err)
	}
}

// terminate asks for a NodeClaim's deletion until the provider says that the node is gone.
func (w *world) terminate(claim *karpv1.NodeClaim) {
	w.Helper()
	for range 50 {
		err := w.provider.Delete(w.ctx, w.current(claim))
		if cloudprovider.IsNodeClaimNotFoundError(err) {
			w.giveUp(claim)
			return
		}
		w.clock.Step(5 * time.Second)
	}
	w.Fatalf("NodeClaim %s is not gone after 50 times of asking", claim.Name)
}

// collect looks for orphans for a while.
func (w *world) collect(duration time.Duration) {
	w.Helper()
	for end := w.clock.Now().Add(duration); w.clock.Now().Before(end); w.clock.Step(30 * time.Second) {
		if _, err := w.collector.Reconcile(w.ctx); err != nil && !errors.Is(err, context.Canceled) {
			w.Logf("collector: %v", err)
		}
	}
}

// inStep: each NodeClaim has one node, each node one NodeClaim, and no node was removed that nobody had named.
func (w *world) inStep() {
	w.Helper()
	var claims karpv1.NodeClaimList
	if err := w.kube.List(w.ctx, &claims); err != nil {
		w.Fatal(err)
	}
	var owned, there []string
	for _, claim := range claims.Items {
		owned = append(owned, claim.Status.ProviderID)
	}
	nodes, pools := w.there()
	for _, node := range nodes {
		there = append(there, node.ProviderID())
	}
	slices.Sort(owned)
	slices.Sort(there)
	if !slices.Equal(owned, there) {
		w.Errorf("NodeClaims own %v, OVHcloud has %v", owned, there)
	}
	desired := 0
	for _, pool := range pools {
		desired += pool.DesiredNodes
	}
	if desired != len(owned) {
		w.Errorf("the pools desire %d nodes for %d NodeClaims", desired, len(owned))
	}
	if w.cloud != nil && len(w.cloud.Unnamed) > 0 {
		w.Errorf("nodes were removed that nobody had named: %v", w.cloud.Unnamed)
	}
}

func (w *world) poolNames() (names []string) {
	for _, pool := range w.cloud.Pools() {
		names = append(names, pool.Name)
	}
	return names
}

func ready(class *v1alpha1.OVHNodeClass) *status.Condition {
	return class.StatusConditions().Get(status.ConditionReady)
}

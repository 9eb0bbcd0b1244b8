package registration

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	kubefake "sigs.k8s.io/controller-runtime/pkg/client/fake"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	_ "ovh-mks-batch/karpenter/apis/v1alpha1"
)

const providerID = "openstack:///one"

func node(taints ...corev1.Taint) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node"}, Spec: corev1.NodeSpec{ProviderID: providerID, Taints: taints}}
}

func claim(registered bool) *karpv1.NodeClaim {
	claim := &karpv1.NodeClaim{ObjectMeta: metav1.ObjectMeta{Name: "claim"}}
	claim.Status.ProviderID = providerID
	for _, condition := range []string{karpv1.ConditionTypeLaunched, karpv1.ConditionTypeRegistered, karpv1.ConditionTypeInitialized} {
		claim.StatusConditions().SetUnknown(condition)
	}
	claim.StatusConditions().SetTrue(karpv1.ConditionTypeLaunched)
	if registered {
		claim.StatusConditions().SetTrue(karpv1.ConditionTypeRegistered)
		claim.StatusConditions().SetTrue(karpv1.ConditionTypeInitialized)
	}
	return claim
}

// reconcile with what a cache has, and what the server has; the answer is the NodeClaim on the server afterwards.
func reconcileNode(t *testing.T, cached, actual *corev1.Node, nodeClaim *karpv1.NodeClaim) *karpv1.NodeClaim {
	t.Helper()
	server := kubefake.NewClientBuilder().WithScheme(scheme.Scheme).WithStatusSubresource(&karpv1.NodeClaim{}).WithObjects(actual, nodeClaim).Build()
	if _, err := New(server, server).Reconcile(t.Context(), cached); err != nil {
		t.Fatal(err)
	}
	found := &karpv1.NodeClaim{}
	if err := server.Get(t.Context(), client.ObjectKey{Name: "claim"}, found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestANodeInstalledAnewIsRegisteredAgain(t *testing.T) {
	taint := karpv1.UnregisteredNoExecuteTaint
	for name, given := range map[string]struct {
		cached, actual *corev1.Node
		registered     bool
		again          bool
	}{
		"installed anew":                      {node(taint), node(taint), true, true},
		"as Karpenter left it":                {node(), node(), true, false},
		"booting for the first time":          {node(taint), node(taint), false, false},
		"registered, as the cache learns yet": {node(taint), node(), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			found := reconcileNode(t, given.cached, given.actual, claim(given.registered))
			for _, condition := range []string{karpv1.ConditionTypeRegistered, karpv1.ConditionTypeInitialized} {
				got := found.StatusConditions().Get(condition)
				if got.IsTrue() != (given.registered && !given.again) || (got.Reason == "NodeReinstalled") != given.again {
					t.Errorf("%s: %s, %s", condition, got.Status, got.Reason)
				}
			}
			if !found.StatusConditions().Get(karpv1.ConditionTypeLaunched).IsTrue() {
				t.Error("it is launched all the same")
			}
		})
	}
}

func TestANodeThatLeavesOrIsOfNoNodeClaimIsLeftAlone(t *testing.T) {
	leaving := node(karpv1.UnregisteredNoExecuteTaint)
	leaving.Finalizers = []string{karpv1.TerminationFinalizer}
	leaving.DeletionTimestamp = &metav1.Time{Time: metav1.Now().Time}
	foreign := node(karpv1.UnregisteredNoExecuteTaint)
	foreign.Spec.ProviderID = "openstack:///other"
	for _, other := range []*corev1.Node{leaving, foreign} {
		if found := reconcileNode(t, other, other, claim(true)); !found.StatusConditions().Get(karpv1.ConditionTypeRegistered).IsTrue() {
			t.Error("the NodeClaim was taken back")
		}
	}
}

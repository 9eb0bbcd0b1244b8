package billing

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	kubefake "sigs.k8s.io/controller-runtime/pkg/client/fake"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/fake"
)

func TestNodesAreKeptUntilShortlyBeforeThePaidHourEnds(t *testing.T) {
	clk := fake.NewClock(time.Date(2026, 11, 30, 10, 10, 0, 0, time.UTC))
	node := func(name string, labels, annotations map[string]string) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels, Annotations: annotations}}
	}
	ours := map[string]string{nodeClassLabel: "default"}
	kube := kubefake.NewClientBuilder().WithScheme(scheme.Scheme).WithObjects(
		node("ours", ours, nil),
		node("kept", ours, map[string]string{karpv1.DoNotDisruptAnnotationKey: "true"}),
		node("foreign", nil, nil),
	).Build()
	controller := New(kube, clk, 5*time.Minute)
	check := func(when string, expected map[string]bool, until string) {
		t.Helper()
		if _, err := controller.Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, held := range expected {
			found := &corev1.Node{}
			if err := kube.Get(t.Context(), client.ObjectKey{Name: name}, found); err != nil {
				t.Fatal(err)
			}
			if got := found.Annotations[karpv1.DoNotDisruptAnnotationKey] == "true"; got != held {
				t.Errorf("%s: node %s is held: %v", when, name, got)
			}
			if got := found.Annotations[v1alpha1.AnnotationPaidUntil]; name == "ours" && got != until {
				t.Errorf("%s: paid until %q", when, got)
			}
		}
	}
	held := map[string]bool{"ours": true, "kept": true, "foreign": false}
	free := map[string]bool{"ours": false, "kept": true, "foreign": false}
	check("at 10:10", held, "2026-11-30T11:00:00Z")
	clk.Step(44 * time.Minute)
	check("at 10:54", held, "2026-11-30T11:00:00Z")
	clk.Step(time.Minute)
	check("at 10:55", free, "")
	clk.Step(4*time.Minute + 59*time.Second)
	check("at 10:59:59", free, "")
	clk.Step(time.Second)
	check("at 11:00", held, "2026-11-30T12:00:00Z")
	clk.Step(3 * time.Hour)
	check("at 14:00, after a pause", held, "2026-11-30T15:00:00Z")
}

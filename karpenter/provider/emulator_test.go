package provider_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/fake"
	"ovh-mks-batch/karpenter/ovh"
)

// emulator is the OVHcloud API of the project's local cloud (local/api), which `npm run test:karpenter` starts. It is stricter than the one in
// package fake, and nobody's who wrote the provider: it checks signatures, tokens, rights, quota and each field, and its work goes on by itself.
type emulator struct {
	URL               string `json:"url"`
	ServiceName       string `json:"serviceName"`
	ApplicationKey    string `json:"applicationKey"`
	ApplicationSecret string `json:"applicationSecret"`
	ConsumerKey       string `json:"consumerKey"`
	ClientID          string `json:"clientId"`
	ClientSecret      string `json:"clientSecret"`
}

// emulated is a world with a cluster of its own at the emulator.
type emulated struct {
	*world
	emulator
	cluster string
}

type fault map[string]any

func newEmulated(t *testing.T) *emulated {
	t.Helper()
	text := os.Getenv("OVH_EMULATOR")
	if text == "" {
		t.Skip("it asks the emulator that npm run test:karpenter starts")
	}
	e := &emulated{world: &world{T: t}}
	if err := json.Unmarshal([]byte(text), &e.emulator); err != nil {
		t.Fatal(err)
	}
	var cluster ovh.Cluster
	e.ask("POST", e.project()+"/kube", map[string]string{"region": "GRA11"}, &cluster)
	e.cluster = e.project() + "/kube/" + cluster.ID
	e.eventually("the cluster is ready", func() bool {
		e.ask("GET", e.cluster, nil, &cluster)
		return cluster.Status == ovh.StatusReady
	})
	t.Cleanup(func() {
		e.mend()
		e.ask("DELETE", e.cluster, nil, nil)
		e.eventually("the cluster is gone", func() bool {
			var clusters []string
			e.ask("GET", e.project()+"/kube", nil, &clusters)
			return !strings.Contains(strings.Join(clusters, " "), cluster.ID)
		})
	})
	clock := fake.NewClock(time.Now().UTC())
	clock.Pace = 10 * time.Millisecond
	e.world = worldAt(t, clock, e.look, map[string]string{
		"OVH_ENDPOINT": e.URL + "/1.0", "OVH_SERVICE_NAME": e.ServiceName, "OVH_KUBE_ID": cluster.ID, "OVH_REGION": "GRA11",
		"OVH_APPLICATION_KEY": e.ApplicationKey, "OVH_APPLICATION_SECRET": e.ApplicationSecret, "OVH_CONSUMER_KEY": e.ConsumerKey,
	})
	return e
}

func (e *emulated) project() string { return "/1.0/cloud/project/" + e.ServiceName }

func (e *emulated) eventually(what string, check func() bool) {
	e.Helper()
	for range 500 {
		if check() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	e.Fatalf("%s: not within 5 s", what)
}

// ask the emulator, with the key that may do everything, as whoever owns the project would.
func (e *emulated) ask(method, path string, in, out any) {
	e.Helper()
	body := []byte{}
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			e.Fatal(err)
		}
	}
	request, err := http.NewRequest(method, e.URL+path, bytes.NewReader(body))
	if err != nil {
		e.Fatal(err)
	}
	now := time.Now().Unix()
	signed := fmt.Sprintf("%s+%s+%s+%s+%s+%d", e.ApplicationSecret, e.ConsumerKey, method, e.URL+path, body, now)
	for name, value := range map[string]string{
		"X-Ovh-Application": e.ApplicationKey, "X-Ovh-Consumer": e.ConsumerKey, "X-Ovh-Timestamp": fmt.Sprint(now),
		"X-Ovh-Signature": fmt.Sprintf("$1$%x", sha1.Sum([]byte(signed))), "Content-Type": "application/json",
	} {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		e.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= 300 {
		e.Fatalf("%s %s: status %d", method, path, response.StatusCode)
	}
	if out != nil {
		if err := json.NewDecoder(response.Body).Decode(out); err != nil {
			e.Fatal(err)
		}
	}
}

func (e *emulated) look() (nodes []ovh.Node, pools []ovh.Pool) {
	var allNodes []ovh.Node
	var allPools []ovh.Pool
	e.ask("GET", e.cluster+"/node", nil, &allNodes)
	e.ask("GET", e.cluster+"/nodepool", nil, &allPools)
	for _, node := range allNodes {
		if !node.Leaving() {
			nodes = append(nodes, node)
		}
	}
	for _, pool := range allPools {
		if !pool.Leaving() {
			pools = append(pools, pool)
		}
	}
	return nodes, pools
}

func (e *emulated) strike(faults ...fault) {
	e.ask("POST", "/_faults", map[string]any{"faults": faults}, nil)
}

func (e *emulated) mend() { e.ask("DELETE", "/_faults", nil, nil) }

// nothingLeft: in the end there is no pool that somebody pays.
func (e *emulated) nothingLeft() {
	e.Helper()
	e.collect(30 * time.Minute)
	e.eventually("no pool is left", func() bool {
		_, pools := e.look()
		return len(pools) == 0
	})
}

// lookedAt is the class after another look at it.
func (e *emulated) lookedAt() *v1alpha1.OVHNodeClass {
	e.Helper()
	class := &v1alpha1.OVHNodeClass{}
	if err := e.kube.Get(e.ctx, types.NamespacedName{Name: "default"}, class); err != nil {
		e.Fatal(err)
	}
	if _, err := e.classes.Reconcile(e.ctx, class); err != nil {
		e.Fatal(err)
	}
	return class
}

func TestEmulatorOrdersAndRemovalsEndInStepWhateverIsAnswered(t *testing.T) {
	for name, given := range map[string]fault{
		"too many requests":         {"action": "status", "status": 429, "times": 4},
		"server errors":             {"action": "status", "status": 500, "times": 4},
		"answers lost after acting": {"action": "lost-answer", "times": 3},
		"orders' answers lost":      {"action": "lost-answer", "method": "POST", "times": 1},
		"resizes' answers lost":     {"action": "lost-answer", "method": "PUT", "times": 3},
		"a conflict now and then":   {"action": "status", "status": 409, "method": "PUT", "times": 2},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEmulated(t)
			given["path"] = strings.TrimPrefix(e.cluster, "/1.0") + "/node"
			first := e.mustLaunch(e.claim(flavor("b3-8")))
			e.strike(given)
			var claims, launched []*karpv1.NodeClaim
			for i := range 6 {
				claims = append(claims, e.claim(flavor([]string{"b3-8", "b3-16"}[i%2])))
			}
			for range 10 {
				var left []*karpv1.NodeClaim
				for i, err := range e.together(claims...) {
					if err != nil {
						left = append(left, claims[i])
					} else {
						launched = append(launched, claims[i])
					}
				}
				claims = left
				e.clock.Step(30 * time.Second)
			}
			if len(claims) > 0 {
				t.Fatalf("%d NodeClaims were never launched", len(claims))
			}
			e.mend()
			e.inStep()
			e.strike(given)
			for _, claim := range launched[:3] {
				e.terminate(claim)
			}
			e.mend()
			e.inStep()
			for _, claim := range append(launched[3:], first) {
				e.terminate(claim)
			}
			e.inStep()
			e.nothingLeft()
		})
	}
}

// terminate as Karpenter does: it asks again after an error.
func (e *emulated) terminate(claim *karpv1.NodeClaim) {
	e.Helper()
	for range 100 {
		if cloudprovider.IsNodeClaimNotFoundError(e.provider.Delete(e.ctx, e.current(claim))) {
			e.giveUp(claim)
			return
		}
		time.Sleep(e.clock.Pace)
		e.clock.Step(5 * time.Second)
	}
	e.Fatalf("NodeClaim %s is not gone after 100 times of asking", claim.Name)
}

func TestEmulatorQuotaIsALackOfCapacityAndWhatFitsIsOrdered(t *testing.T) {
	e := newEmulated(t)
	e.strike(fault{"action": "quota", "instances": 2})
	var claims []*karpv1.NodeClaim
	for range 4 {
		claims = append(claims, e.claim(flavor("b3-8")))
	}
	launched := 0
	for _, err := range e.together(claims...) {
		switch {
		case err == nil:
			launched++
		case !cloudprovider.IsInsufficientCapacityError(err):
			t.Errorf("%v", err)
		}
	}
	if launched != 2 {
		t.Errorf("%d launched with a quota of 2", launched)
	}
	e.inStep()
}

func TestEmulatorAFlavorOutOfStockGivesWayToTheNextAndLeavesNothing(t *testing.T) {
	for action, reason := range map[string]string{"out-of-stock": "stock", "boot-error": "boot"} {
		t.Run(action, func(t *testing.T) {
			e := newEmulated(t)
			e.strike(fault{"action": action, "flavor": "b3-8"})
			if err := e.launch(e.claim(flavor("b3-8", "b3-16"))); !cloudprovider.IsInsufficientCapacityError(err) || !strings.Contains(err.Error(), reason) {
				t.Fatalf("it was told as %v", err)
			}
			claim := e.mustLaunch(e.claim(flavor("b3-8", "b3-16")))
			if got := claim.Labels[corev1.LabelInstanceTypeStable]; got != "b3-16" {
				t.Errorf("the next NodeClaim got a %s", got)
			}
			e.collect(time.Minute)
			e.inStep()
			e.terminate(claim)
			e.nothingLeft()
		})
	}
}

func TestEmulatorANodeThatNeverBootsIsGivenUpAndLeavesNothing(t *testing.T) {
	e := newEmulated(t)
	e.strike(fault{"action": "never-boots"})
	claim := e.claim(flavor("b3-8"))
	for range 2 {
		if err := e.launch(claim); err == nil {
			t.Fatal("Create should have waited in vain")
		}
	}
	if nodes, _ := e.look(); len(nodes) != 1 {
		t.Errorf("%d nodes were ordered for one NodeClaim", len(nodes))
	}
	e.giveUp(claim)
	e.nothingLeft()
	e.inStep()
}

func TestEmulatorWrongKeysAreToldOrderNothingAndAreNotTakenForGone(t *testing.T) {
	for name, change := range map[string]func(*emulated){
		"application secret": func(e *emulated) { e.settings.ApplicationSecret = "wrong" },
		"consumer key":       func(e *emulated) { e.settings.ConsumerKey = "wrong" },
		"client secret": func(e *emulated) {
			e.settings.ApplicationKey, e.settings.ClientID, e.settings.ClientSecret = "", e.ClientID, "wrong"
		},
		"service account without a policy": func(e *emulated) {
			var account struct{ ClientID, ClientSecret string }
			e.ask("POST", "/_service_accounts", nil, &account)
			e.settings.ApplicationKey, e.settings.ClientID, e.settings.ClientSecret = "", account.ClientID, account.ClientSecret
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEmulated(t)
			claim := e.mustLaunch(e.claim(flavor("b3-8")))
			right := e.settings
			change(e)
			e.restart()
			if condition := e.lookedAt().StatusConditions().Get(v1alpha1.ConditionCloudReady); !condition.IsFalse() || condition.Reason != "Forbidden" {
				t.Errorf("%s, %s: %s", condition.Status, condition.Reason, condition.Message)
			}
			if err := e.launch(e.claim(flavor("b3-8"))); err == nil || cloudprovider.IsInsufficientCapacityError(err) {
				t.Errorf("Create answered %v", err)
			}
			_, getErr := e.provider.Get(e.ctx, claim.Status.ProviderID)
			_, listErr := e.provider.List(e.ctx)
			for call, err := range map[string]error{"Delete": e.provider.Delete(e.ctx, claim), "Get": getErr, "List": listErr} {
				if err == nil || cloudprovider.IsNodeClaimNotFoundError(err) {
					t.Errorf("%s answered %v", call, err)
				}
			}
			if nodes, _ := e.look(); len(nodes) != 1 {
				t.Errorf("there are %d nodes", len(nodes))
			}
			e.settings = right
			e.restart()
			if condition := ready(e.lookedAt()); !condition.IsTrue() {
				t.Errorf("with right credentials again: %s", condition.Message)
			}
		})
	}
}

func TestEmulatorAServiceAccountWithItsPolicyDoesAllAndGetsANewTokenInTime(t *testing.T) {
	e := newEmulated(t)
	e.settings.ApplicationKey, e.settings.ClientID, e.settings.ClientSecret = "", e.ClientID, e.ClientSecret
	e.restart()
	if condition := ready(e.lookedAt()); !condition.IsTrue() {
		t.Fatalf("the class is not Ready: %s", condition.Message)
	}
	first := e.mustLaunch(e.claim(flavor("b3-8")))
	e.ask("DELETE", "/_tokens", nil, nil)
	second := e.mustLaunch(e.claim(flavor("b3-8")))
	e.inStep()
	e.terminate(first)
	e.terminate(second)
	e.inStep()
	e.nothingLeft()
}

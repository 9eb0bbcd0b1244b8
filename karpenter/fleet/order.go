package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/ovh"
)

const (
	// maxPools of a cluster.
	maxPools = 100
	// maxAntiAffine nodes in a pool with anti-affinity.
	maxAntiAffine = 5
	// longestPool is the longest name for which `<pool>-node-<6 hex>` is a host name.
	longestPool = 63 - len("-node-123456")
)

// Order is what was decided to order for a NodeClaim. It stands in an annotation of the NodeClaim before anything is ordered, so that
// whoever goes on after a crash orders the same.
type Order struct {
	// Family is the name of the pools without their number.
	Family string `json:"family"`
	Flavor string `json:"flavor"`
	// Zone as nodes are labelled; Named where a pool has to name it.
	Zone         string            `json:"zone"`
	Named        bool              `json:"named,omitempty"`
	Monthly      bool              `json:"monthlyBilled,omitempty"`
	AntiAffinity bool              `json:"antiAffinity,omitempty"`
	Class        string            `json:"nodeClass"`
	Tags         map[string]string `json:"tags,omitempty"`
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// NewOrder of a node of a class. The family's name has a hash of all that pools and their template hold: what differs in any of it never
// shares a pool.
func NewOrder(class *v1alpha1.OVHNodeClass, flavor, zone string, named bool) Order {
	order := Order{
		Flavor: flavor, Zone: zone, Named: named, Class: class.Name,
		Monthly: class.Spec.MonthlyBilled, AntiAffinity: class.Spec.AntiAffinity, Tags: class.Spec.Tags,
	}
	text, err := json.Marshal(struct {
		Order
		Template ovh.Template
	}{order, order.template()})
	if err != nil {
		panic(err) // Strings and booleans always are JSON.
	}
	hash := sha256.Sum256(text)
	clean := func(text string) string { return notInNames.ReplaceAllString(strings.ToLower(text), "-") }
	suffix := "-" + hex.EncodeToString(hash[:3])
	name := "karpenter-" + clean(flavor) + "-" + clean(zone)
	order.Family = strings.TrimRight(name[:min(len(name), longestPool-len(suffix)-len("-100"))], "-") + suffix
	return order
}

// template of the nodes: only what Karpenter needs before the node is registered, for it puts the NodeClaim's labels and taints on it. So
// NodePools can share a pool, and nothing runs on a node that has not its labels yet.
func (o Order) template() ovh.Template {
	annotations := map[string]string{
		v1alpha1.AnnotationManagedBy: v1alpha1.ManagedBy,
		v1alpha1.AnnotationNodeClass: o.Class,
	}
	for key, value := range o.Tags {
		annotations[v1alpha1.TagPrefix+key] = value
	}
	return ovh.Template{
		Metadata: ovh.TemplateMetadata{Labels: map[string]string{}, Annotations: annotations, Finalizers: []string{}},
		Spec:     ovh.TemplateSpec{Taints: []corev1.Taint{karpv1.UnregisteredNoExecuteTaint}},
	}
}

// newPool is the pool with a number, from 1.
func (o Order) newPool(number, desired int) ovh.NewPool {
	pool := ovh.NewPool{
		Name: o.Family + "-" + strconv.Itoa(number), FlavorName: o.Flavor, DesiredNodes: desired,
		MonthlyBilled: o.Monthly, AntiAffinity: o.AntiAffinity, Template: o.template(),
	}
	if o.Named {
		pool.AvailabilityZones = []string{o.Zone}
	}
	if o.AntiAffinity {
		pool.MaxNodes = maxAntiAffine
	}
	return pool
}

// Annotation is the order as a NodeClaim keeps it.
func (o Order) Annotation() string {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // Strings and booleans always are JSON.
	}
	return string(text)
}

// OrderOf a NodeClaim; false where nothing was decided yet.
func OrderOf(claim *karpv1.NodeClaim) (order Order, ordered bool, err error) {
	text, ordered := claim.Annotations[v1alpha1.AnnotationOrder]
	if !ordered {
		return order, false, nil
	}
	if err := json.Unmarshal([]byte(text), &order); err != nil || order.Family == "" || order.Flavor == "" {
		return order, true, fmt.Errorf("annotation %s of NodeClaim %s is no order: %q", v1alpha1.AnnotationOrder, claim.Name, text)
	}
	return order, true, nil
}

// Managed is true for a pool of this provider. It touches no others.
func Managed(pool ovh.Pool) bool {
	return pool.Template.Metadata.Annotations[v1alpha1.AnnotationManagedBy] == v1alpha1.ManagedBy
}

// familyOf a pool: its name without the number.
func familyOf(pool ovh.Pool) string {
	if at := strings.LastIndexByte(pool.Name, '-'); Managed(pool) && at > 0 {
		return pool.Name[:at]
	}
	return pool.Name
}

func numberOf(pool ovh.Pool) int {
	number, err := strconv.Atoi(pool.Name[strings.LastIndexByte(pool.Name, '-')+1:])
	if err != nil {
		return 0
	}
	return number
}

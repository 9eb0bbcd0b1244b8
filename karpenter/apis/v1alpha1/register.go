package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
)

// Group is the API group, and the domain of the labels and annotations.
const Group = "karpenter.ovhcloud.sh"

// Labels of NodeClaims and nodes that NodePools and pods may ask for.
const (
	LabelInstanceCategory = Group + "/instance-category"
	LabelInstanceCPU      = Group + "/instance-cpu"
	LabelInstanceMemory   = Group + "/instance-memory"
	LabelInstanceGPUCount = Group + "/instance-gpu-count"
)

const (
	// AnnotationOrder of a NodeClaim is what was decided to order for it, as JSON. It is there before anything is ordered.
	AnnotationOrder = Group + "/order"
	// AnnotationNodeID of a NodeClaim is the id of its node at OVHcloud.
	AnnotationNodeID = Group + "/node-id"
	// AnnotationNodeClassHash of a NodeClaim is the hash of its class when it was ordered.
	AnnotationNodeClassHash = Group + "/nodeclass-hash"
	// AnnotationPaidUntil of a node is the end of the hour that is paid; it marks `do-not-disrupt` as the provider's own.
	AnnotationPaidUntil = Group + "/paid-until"
	// AnnotationManagedBy of a pool's template marks the pools that are the provider's.
	AnnotationManagedBy = Group + "/managed-by"
	// AnnotationNodeClass of a pool's template is the name of the class that the pool was opened for.
	AnnotationNodeClass = Group + "/nodeclass"
	// TagPrefix of annotations that come from `spec.tags`.
	TagPrefix = "tags." + Group + "/"
	// Finalizer keeps a class while NodeClaims use it.
	Finalizer = Group + "/termination"
)

// ManagedBy is the value of AnnotationManagedBy.
const ManagedBy = "ovh-mks-batch"

// GroupVersion of OVHNodeClass.
var GroupVersion = schema.GroupVersion{Group: Group, Version: "v1alpha1"}

// Karpenter looks types up in client-go's scheme, and takes its label domains from package variables: both have to be filled before it starts.
func init() {
	metav1.AddToGroupVersion(scheme.Scheme, GroupVersion)
	scheme.Scheme.AddKnownTypes(GroupVersion, &OVHNodeClass{}, &OVHNodeClassList{})
	karpv1.RestrictedLabelDomains = karpv1.RestrictedLabelDomains.Insert(Group)
	karpv1.WellKnownLabels = karpv1.WellKnownLabels.Insert(LabelInstanceCategory, LabelInstanceCPU, LabelInstanceMemory, LabelInstanceGPUCount)
}

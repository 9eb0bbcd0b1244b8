package v1alpha1

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// DeepCopyInto copies a class into another.
func (in *OVHNodeClass) DeepCopyInto(out *OVHNodeClass) {
	*out = *in
	in.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	if in.Spec.CredentialsSecretRef != nil {
		out.Spec.CredentialsSecretRef = new(corev1.SecretReference)
		*out.Spec.CredentialsSecretRef = *in.Spec.CredentialsSecretRef
	}
	out.Spec.Tags = maps.Clone(in.Spec.Tags)
	out.Status.Conditions = slices.Clone(in.Status.Conditions)
	out.Status.DiscoveredFlavors = slices.Clone(in.Status.DiscoveredFlavors)
}

// DeepCopy of a class.
func (in *OVHNodeClass) DeepCopy() *OVHNodeClass {
	out := new(OVHNodeClass)
	in.DeepCopyInto(out)
	return out
}

// DeepCopyObject of a class.
func (in *OVHNodeClass) DeepCopyObject() runtime.Object { return in.DeepCopy() }

// DeepCopyObject of a list of classes.
func (in *OVHNodeClassList) DeepCopyObject() runtime.Object {
	out := &OVHNodeClassList{TypeMeta: in.TypeMeta, Items: make([]OVHNodeClass, len(in.Items))}
	in.ListMeta.DeepCopyInto(&out.ListMeta)
	for i := range in.Items {
		in.Items[i].DeepCopyInto(&out.Items[i])
	}
	return out
}

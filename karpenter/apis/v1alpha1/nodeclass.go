// Package v1alpha1 is the API of OVHNodeClass, with the fields of the public provider for OVHcloud.
package v1alpha1

import (
	"github.com/awslabs/operatorpkg/status"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// OVHNodeClass says how the nodes of a NodePool are ordered.
type OVHNodeClass struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   OVHNodeClassSpec   `json:"spec,omitempty"`
	Status OVHNodeClassStatus `json:"status,omitempty"`
}

// OVHNodeClassSpec has no required field: what is empty is as the provider's own settings say.
type OVHNodeClassSpec struct {
	// ServiceName is the Public Cloud project's id. Another one than the provider's is a fault.
	ServiceName string `json:"serviceName,omitempty"`
	// KubeID is the cluster's id. Another one than the provider's is a fault.
	KubeID string `json:"kubeId,omitempty"`
	// Region is the cluster's region. Another one than the provider's is a fault.
	Region string `json:"region,omitempty"`
	// CredentialsSecretRef is kept for manifests of other providers, and never read: this provider may read no Secrets.
	CredentialsSecretRef *corev1.SecretReference `json:"credentialsSecretRef,omitempty"`
	// MonthlyBilled has nodes billed by the month; only flavors of the second generation can be.
	MonthlyBilled bool `json:"monthlyBilled,omitempty"`
	// AntiAffinity keeps the nodes of a pool on different hypervisors, at most 5 in a pool.
	AntiAffinity bool `json:"antiAffinity,omitempty"`
	// Tags are put on each node as annotations.
	Tags map[string]string `json:"tags,omitempty"`
}

// OVHNodeClassStatus is what the provider found.
type OVHNodeClassStatus struct {
	Conditions []status.Condition `json:"conditions,omitempty"`
	// DiscoveredFlavors are the flavors that nodes of this class can have.
	DiscoveredFlavors []string `json:"discoveredFlavors,omitempty"`
}

// OVHNodeClassList is a list of OVHNodeClass.
type OVHNodeClassList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []OVHNodeClass `json:"items"`
}

const (
	// ConditionValidationSucceeded is true where the fields of the spec can be followed.
	ConditionValidationSucceeded = "ValidationSucceeded"
	// ConditionCloudReady is true where OVHcloud answers, and has flavors for the class.
	ConditionCloudReady = "CloudReady"
)

// StatusConditions is needed by Karpenter: a NodePool is used only while its class is Ready.
func (in *OVHNodeClass) StatusConditions(opts ...status.ForOption) status.ConditionSet {
	return status.NewReadyConditions(ConditionValidationSucceeded, ConditionCloudReady).For(in, opts...)
}

// GetConditions is needed by Karpenter.
func (in *OVHNodeClass) GetConditions() []status.Condition { return in.Status.Conditions }

// SetConditions is needed by Karpenter.
func (in *OVHNodeClass) SetConditions(conditions []status.Condition) {
	in.Status.Conditions = conditions
}

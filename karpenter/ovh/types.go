package ovh

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Pool is a node pool as OVHcloud lists it.
type Pool struct {
	ID                string   `json:"id"`
	Name              string   `json:"name"`
	Flavor            string   `json:"flavor"`
	Status            string   `json:"status"`
	DesiredNodes      int      `json:"desiredNodes"`
	CurrentNodes      int      `json:"currentNodes"`
	MaxNodes          int      `json:"maxNodes"`
	MonthlyBilled     bool     `json:"monthlyBilled"`
	AntiAffinity      bool     `json:"antiAffinity"`
	AvailabilityZones []string `json:"availabilityZones"`
	Template          Template `json:"template"`
}

// Template is what a pool gives to each of its nodes. OVHcloud wants all of its fields.
type Template struct {
	Metadata TemplateMetadata `json:"metadata"`
	Spec     TemplateSpec     `json:"spec"`
}

// TemplateMetadata of nodes.
type TemplateMetadata struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Finalizers  []string          `json:"finalizers"`
}

// TemplateSpec of nodes.
type TemplateSpec struct {
	Taints        []corev1.Taint `json:"taints"`
	Unschedulable bool           `json:"unschedulable"`
}

// NewPool is what a pool is created from.
type NewPool struct {
	Name              string   `json:"name"`
	FlavorName        string   `json:"flavorName"`
	DesiredNodes      int      `json:"desiredNodes"`
	MinNodes          int      `json:"minNodes"`
	MaxNodes          int      `json:"maxNodes,omitempty"`
	Autoscale         bool     `json:"autoscale"`
	MonthlyBilled     bool     `json:"monthlyBilled"`
	AntiAffinity      bool     `json:"antiAffinity"`
	AvailabilityZones []string `json:"availabilityZones,omitempty"`
	Template          Template `json:"template"`
}

// Statuses of nodes and pools that matter here.
const (
	StatusReady      = "READY"
	StatusError      = "ERROR"
	StatusDeleting   = "DELETING"
	StatusDeleted    = "DELETED"
	StatusOutOfStock = "FLAVOR_OUT_OF_STOCK_ERROR"
	StatusQuotaError = "USER_QUOTA_ERROR"
)

// Node of a pool, whether it has joined the cluster or not.
type Node struct {
	ID         string    `json:"id"`
	InstanceID string    `json:"instanceId"`
	PoolID     string    `json:"nodePoolId"`
	Name       string    `json:"name"`
	Flavor     string    `json:"flavor"`
	Status     string    `json:"status"`
	Version    string    `json:"version"`
	IsUpToDate bool      `json:"isUpToDate"`
	CreatedAt  time.Time `json:"createdAt"`
}

// ProviderID is the `spec.providerID` of the Kubernetes Node; empty until OVHcloud has an instance for it.
func (n Node) ProviderID() string {
	if n.InstanceID == "" {
		return ""
	}
	return "openstack:///" + n.InstanceID
}

// Leaving is true once the node's removal is under way.
func (n Node) Leaving() bool { return n.Status == StatusDeleting || n.Status == StatusDeleted }

// Failed is true for a node that will not boot by itself.
func (n Node) Failed() bool {
	switch n.Status {
	case StatusError, StatusOutOfStock, StatusQuotaError:
		return true
	}
	return false
}

// Leaving is true once the pool's removal is under way.
func (p Pool) Leaving() bool { return p.Status == StatusDeleting || p.Status == StatusDeleted }

// Cluster is what is read of a Managed Kubernetes cluster.
type Cluster struct {
	ID      string `json:"id"`
	Region  string `json:"region"`
	Status  string `json:"status"`
	Version string `json:"version"`
}

// Flavor that the cluster's nodes can have. RAM in GB.
type Flavor struct {
	Name     string  `json:"name"`
	Category string  `json:"category"`
	State    string  `json:"state"`
	VCPUs    int     `json:"vCPUs"`
	GPUs     int     `json:"gpus"`
	RAM      float64 `json:"ram"`
}

// InstanceFlavor is a flavor as the compute service lists it; only there are disks told, in GB.
type InstanceFlavor struct {
	Name string  `json:"name"`
	Disk float64 `json:"disk"`
}

// Region of the Public Cloud; without zones where there is only one.
type Region struct {
	Name              string   `json:"name"`
	AvailabilityZones []string `json:"availabilityZones"`
}

// Package instancetype tells Karpenter which nodes can be had: flavors, zones, prices, and what nodes leave to pods.
package instancetype

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/clock"
	crmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/scheduling"

	"ovh-mks-batch/karpenter/apis/v1alpha1"
	"ovh-mks-batch/karpenter/catalog"
	"ovh-mks-batch/karpenter/ovh"
	"ovh-mks-batch/karpenter/sizes"
)

// OneZone is the zone label of nodes in regions with one availability zone.
const OneZone = "nova"

// refreshAfter: flavors and zones change seldom.
const refreshAfter = 10 * time.Minute

// gpuResource is what the NVIDIA device plugin calls a GPU.
const gpuResource = corev1.ResourceName("nvidia.com/gpu")

var (
	available = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "karpenter", Subsystem: "ovhcloud", Name: "offering_available", Help: "0 while an offering is avoided.",
	}, []string{"flavor", "zone"})
	prices = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "karpenter", Subsystem: "ovhcloud", Name: "offering_price", Help: "Price of an hour in the catalogue's currency.",
	}, []string{"flavor", "zone", "billing"})
)

func init() { crmetrics.Registry.MustRegister(available, prices) }

// Cloud is what is asked of OVHcloud.
type Cloud interface {
	Flavors(context.Context) ([]ovh.Flavor, error)
	InstanceFlavors(context.Context, string) ([]ovh.InstanceFlavor, error)
	Region(context.Context, string) (ovh.Region, error)
}

// Prices is where prices come from; nil while there are none.
type Prices interface{ Current() *catalog.Catalog }

// Flavor is what is known of one.
type Flavor struct {
	Name string
	Size sizes.Size
}

// Provider of instance types. Safe for concurrent use.
type Provider struct {
	cloud       Cloud
	prices      Prices
	region      string
	clock       clock.Clock
	Unavailable *Unavailable

	mu      sync.Mutex
	readAt  time.Time
	flavors []Flavor
	zones   []string
}

// NewProvider asks nothing yet.
func NewProvider(cloud Cloud, prices Prices, region string, clk clock.Clock) *Provider {
	return &Provider{cloud: cloud, prices: prices, region: region, clock: clk, Unavailable: NewUnavailable(clk)}
}

// Zones of the region as nodes are labelled, and whether a pool has to name one.
func (p *Provider) Zones(ctx context.Context) (zones []string, named bool, err error) {
	if err := p.refresh(ctx); err != nil {
		return nil, false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.zones) == 0 {
		return []string{OneZone}, false, nil
	}
	return p.zones, true, nil
}

// Forget has the next question ask OVHcloud again.
func (p *Provider) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.readAt = time.Time{}
}

// refresh reads flavors and zones where they are old. What was read before holds where OVHcloud cannot be asked.
func (p *Provider) refresh(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.readAt.IsZero() && p.clock.Since(p.readAt) < refreshAfter {
		return nil
	}
	flavors, flavorErr := p.cloud.Flavors(ctx)
	region, regionErr := p.cloud.Region(ctx, p.region)
	disks, diskErr := p.cloud.InstanceFlavors(ctx, p.region)
	if err := errors.Join(flavorErr, regionErr, diskErr); err != nil {
		if len(p.flavors) > 0 && ovh.Transient(err) {
			return nil
		}
		return err
	}
	diskOf := map[string]float64{}
	for _, flavor := range disks {
		diskOf[flavor.Name] = flavor.Disk
	}
	p.flavors = p.flavors[:0:0]
	for _, flavor := range flavors {
		if flavor.State != "" && flavor.State != "available" {
			continue
		}
		size := sizes.Size{VCPUs: float64(flavor.VCPUs), RAM: flavor.RAM, Disk: diskOf[flavor.Name], GPUs: flavor.GPUs}
		if size.Disk <= 0 {
			size.Disk = p.diskOf(flavor.Name)
		}
		p.flavors = append(p.flavors, Flavor{Name: flavor.Name, Size: size})
	}
	slices.SortFunc(p.flavors, func(a, b Flavor) int { return strings.Compare(a.Name, b.Name) })
	p.zones = nil
	if len(region.AvailabilityZones) > 1 {
		p.zones = slices.Sorted(slices.Values(region.AvailabilityZones))
	}
	p.readAt = p.clock.Now()
	return nil
}

// diskOf a flavor of which the compute service tells none: the catalogue's, the known one, or the smallest of all.
func (p *Provider) diskOf(name string) float64 {
	if current := p.prices.Current(); current != nil && current.Flavors[name].Disk > 0 {
		return current.Flavors[name].Disk
	}
	if known, ok := sizes.Flavors()[name]; ok {
		return known.Disk
	}
	return sizes.SmallestDisk()
}

// Monthly is true for flavors that OVHcloud bills by the month: those of the second generation.
func Monthly(flavor string) bool {
	return len(flavor) > 3 && strings.ContainsRune("bcr", rune(flavor[0])) && flavor[1:3] == "2-"
}

// List is all types of a class, those included that cannot be had at the moment.
func (p *Provider) List(ctx context.Context, class *v1alpha1.OVHNodeClass) ([]*cloudprovider.InstanceType, error) {
	zones, named, err := p.Zones(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading flavors and zones: %w", err)
	}
	p.mu.Lock()
	flavors := p.flavors
	p.mu.Unlock()
	current := p.prices.Current()
	types := make([]*cloudprovider.InstanceType, 0, len(flavors))
	for _, flavor := range flavors {
		if class.Spec.MonthlyBilled && !Monthly(flavor.Name) {
			continue
		}
		price, sold := priceOf(flavor, current, named, class.Spec.MonthlyBilled)
		types = append(types, p.instanceType(flavor, zones, price, sold, class.Spec.MonthlyBilled))
	}
	return types, nil
}

// priceOf an hour. Before the catalogue could be read all flavors go by size, which is no price but puts the smaller of two first.
func priceOf(flavor Flavor, current *catalog.Catalog, threeZones, monthly bool) (float64, bool) {
	if current == nil {
		return (float64(flavor.Size.GPUs)*100 + flavor.Size.VCPUs + flavor.Size.RAM/4) / 100, true
	}
	return current.Flavors[flavor.Name].Price.HourIn(threeZones, monthly)
}

func (p *Provider) instanceType(flavor Flavor, zones []string, price float64, sold, monthly bool) *cloudprovider.InstanceType {
	in := corev1.NodeSelectorOpIn
	offerings := make(cloudprovider.Offerings, 0, len(zones))
	for _, zone := range zones {
		free := sold && !p.Unavailable.Avoided(Key{flavor.Name, zone})
		offerings = append(offerings, &cloudprovider.Offering{
			Requirements: scheduling.NewRequirements(
				scheduling.NewRequirement(karpv1.CapacityTypeLabelKey, in, karpv1.CapacityTypeOnDemand),
				scheduling.NewRequirement(corev1.LabelTopologyZone, in, zone),
			),
			Price:     price,
			Available: free,
		})
		available.WithLabelValues(flavor.Name, zone).Set(map[bool]float64{true: 1}[free])
		if sold {
			prices.WithLabelValues(flavor.Name, zone, map[bool]string{true: "monthly", false: "hourly"}[monthly]).Set(price)
		}
	}
	category, _, _ := strings.Cut(flavor.Name, "-")
	size := flavor.Size
	capacity, overhead := resourcesOf(size)
	return &cloudprovider.InstanceType{
		Name: flavor.Name,
		Requirements: scheduling.NewRequirements(
			scheduling.NewRequirement(corev1.LabelInstanceTypeStable, in, flavor.Name),
			scheduling.NewRequirement(corev1.LabelArchStable, in, karpv1.ArchitectureAmd64),
			scheduling.NewRequirement(corev1.LabelOSStable, in, string(corev1.Linux)),
			scheduling.NewRequirement(corev1.LabelTopologyRegion, in, p.region),
			scheduling.NewRequirement(corev1.LabelTopologyZone, in, zones...),
			scheduling.NewRequirement(corev1.LabelWindowsBuild, corev1.NodeSelectorOpDoesNotExist),
			scheduling.NewRequirement(karpv1.CapacityTypeLabelKey, in, karpv1.CapacityTypeOnDemand),
			scheduling.NewRequirement(v1alpha1.LabelInstanceCategory, in, category),
			scheduling.NewRequirement(v1alpha1.LabelInstanceCPU, in, strconv.Itoa(int(size.VCPUs))),
			scheduling.NewRequirement(v1alpha1.LabelInstanceMemory, in, strconv.Itoa(int(size.RAM))),
			scheduling.NewRequirement(v1alpha1.LabelInstanceGPUCount, in, strconv.Itoa(size.GPUs)),
		),
		Offerings: offerings,
		Capacity:  capacity,
		Overhead:  &cloudprovider.InstanceTypeOverhead{KubeReserved: overhead},
	}
}

// resourcesOf a node: what it has, and what of it OVHcloud keeps from pods.
func resourcesOf(size sizes.Size) (capacity, overhead corev1.ResourceList) {
	room := sizes.LeftForPods(size)
	bytes := func(amount int64) resource.Quantity { return *resource.NewQuantity(amount, resource.BinarySI) }
	millicores, memory, disk := int64(size.VCPUs*1000), int64(size.RAM*1e9), int64(size.Disk*1e9)
	capacity = corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewMilliQuantity(millicores, resource.DecimalSI),
		corev1.ResourceMemory:           bytes(memory),
		corev1.ResourceEphemeralStorage: bytes(disk),
		corev1.ResourcePods:             *resource.NewQuantity(sizes.MaxPods(), resource.DecimalSI),
	}
	if size.GPUs > 0 {
		capacity[gpuResource] = *resource.NewQuantity(int64(size.GPUs), resource.DecimalSI)
	}
	overhead = corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewMilliQuantity(millicores-room.Millicores, resource.DecimalSI),
		corev1.ResourceMemory:           bytes(memory - room.Memory),
		corev1.ResourceEphemeralStorage: bytes(disk - room.Disk),
	}
	return capacity, overhead
}

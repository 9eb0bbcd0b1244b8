// Karpenter for OVHcloud Managed Kubernetes. README.md tells what it reads, needs and writes.
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/karpenter/pkg/cloudprovider/overlay"
	"sigs.k8s.io/karpenter/pkg/controllers"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/operator"

	"ovh-mks-batch/karpenter/catalog"
	"ovh-mks-batch/karpenter/controllers/billing"
	"ovh-mks-batch/karpenter/controllers/collector"
	"ovh-mks-batch/karpenter/controllers/nodeclass"
	"ovh-mks-batch/karpenter/controllers/registration"
	"ovh-mks-batch/karpenter/fleet"
	"ovh-mks-batch/karpenter/instancetype"
	"ovh-mks-batch/karpenter/ovh"
	"ovh-mks-batch/karpenter/provider"
	"ovh-mks-batch/karpenter/settings"
)

func main() {
	s, err := settings.Read(os.Getenv)
	if err != nil {
		fmt.Fprintf(os.Stderr, "the settings are not valid:\n%v\n", err)
		os.Exit(1)
	}

	ctx, op := operator.NewOperator()
	cloud, err := ovh.New(s, op.Clock)
	if err != nil {
		log.FromContext(ctx).Error(err, "no client of the OVHcloud API")
		os.Exit(1)
	}
	prices := catalog.NewSource(s.CatalogEndpoint, s.Subsidiary, op.Clock)
	types := instancetype.NewProvider(cloud, prices, s.Region, op.Clock)
	nodes := fleet.New(cloud, op.GetAPIReader(), op.GetClient(), op.Clock)
	own := provider.New(op.GetClient(), op.GetAPIReader(), types, nodes, op.EventRecorder, op.Clock, s.LaunchTimeout)

	decorated := overlay.Decorate(own, op.GetClient(), op.InstanceTypeStore)
	cluster := state.NewCluster(op.Clock, op.GetClient(), decorated)
	op.WithControllers(ctx, controllers.NewControllers(ctx, op.Manager, op.Clock, op.GetClient(), op.EventRecorder, decorated, own, cluster, op.InstanceTypeStore)...)
	op.WithControllers(ctx,
		prices,
		nodeclass.New(op.GetClient(), s, cloud, types, nodes, op.EventRecorder),
		collector.New(op.GetClient(), nodes, op.EventRecorder, op.Clock, s),
		registration.New(op.GetClient(), op.GetAPIReader()),
	)
	if s.Billing == settings.Hourly {
		op.WithControllers(ctx, billing.New(op.GetClient(), op.Clock, s.BillingMargin))
	}
	log.FromContext(ctx).Info("starting", "endpoint", s.Endpoint, "cluster", s.KubeID, "region", s.Region, "billing", s.Billing)
	op.Start(ctx)
}

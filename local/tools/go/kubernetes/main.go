// The programs of Kubernetes that run all the time, in one: the name by which it is called decides which one it is. What they have in
// common, most of their code, is linked once. Each case is the main function of the program of that name in k8s.io/kubernetes/cmd.
// kubectl is not among them: it starts often, and would start half as fast.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	_ "time/tzdata" // for time zones in CronJobs

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	var command *cobra.Command
	switch name := filepath.Base(os.Args[0]); name {
	case "kube-apiserver":
		command = apiserver.NewAPIServerCommand()
	case "kube-controller-manager":
		command = controllermanager.NewControllerManagerCommand()
	case "kube-scheduler":
		command = scheduler.NewSchedulerCommand()
	case "kube-proxy":
		keepFlags("boot_id_file", "machine_id_file")
		command = proxy.NewProxyCommand()
	case "kubelet":
		command = kubelet.NewKubeletCommand(context.Background())
	default:
		fmt.Fprintf(os.Stderr, "%s is none of the programs of Kubernetes that are in here\n", name)
		os.Exit(2)
	}
	os.Exit(cli.Run(command))
}

// keepFlags removes the flags that packages of other programs have registered: kube-proxy takes all that there are.
func keepFlags(names ...string) {
	registered := flag.CommandLine
	flag.CommandLine = flag.NewFlagSet(os.Args[0], flag.ExitOnError)
	for _, name := range names {
		f := registered.Lookup(name)
		flag.CommandLine.Var(f.Value, f.Name, f.Usage)
	}
}

// The registry of the CNCF's distribution project with what a private registry on one machine needs: its files in a folder and
// users in an htpasswd file. Without the storage drivers of public clouds it builds in a fraction of the time.
package main

import (
	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func main() {
	if err := registry.RootCmd.Execute(); err != nil {
		panic(err)
	}
}

// Package settings reads what the environment says about OVHcloud; Karpenter reads its own variables itself.
package settings

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ovh/go-ovh/ovh"
)

// Billing is how OVHcloud bills nodes.
type Billing string

const (
	// PerSecond is Europe, Canada and Asia-Pacific since August 2026.
	PerSecond Billing = "perSecond"
	// Hourly is by the commenced clock hour: the US.
	Hourly Billing = "hourly"
)

// Settings of the provider. README.md has the table.
type Settings struct {
	Endpoint        string
	CatalogEndpoint string
	ServiceName     string
	KubeID          string
	Region          string
	Subsidiary      string

	ApplicationKey    string
	ApplicationSecret string
	ConsumerKey       string
	ClientID          string
	ClientSecret      string

	Billing        Billing
	BillingMargin  time.Duration
	OrphanAfter    time.Duration
	EmptyPoolAfter time.Duration
	LaunchTimeout  time.Duration
}

// Read takes the settings from variables. The error names all that is wrong, and no secret.
func Read(variable func(string) string) (Settings, error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	text := func(name, standard string) string {
		if value := strings.TrimSpace(variable(name)); value != "" {
			return value
		}
		return standard
	}
	required := func(name, meaning string) string {
		value := text(name, "")
		if value == "" {
			fault("%s is missing: set it to %s", name, meaning)
		}
		return value
	}
	duration := func(name string, standard, least, most time.Duration) time.Duration {
		value, err := time.ParseDuration(text(name, standard.String()))
		if err != nil || value < least || value > most {
			fault("%s (%q) must be a duration from %s to %s, such as %s", name, variable(name), least, most, standard)
		}
		return value
	}

	s := Settings{
		Endpoint:    strings.TrimSuffix(text("OVH_ENDPOINT", "ovh-eu"), "/"),
		ServiceName: required("OVH_SERVICE_NAME", "the Public Cloud project's id"),
		KubeID:      required("OVH_KUBE_ID", "the cluster's id"),
		Region:      required("OVH_REGION", "the cluster's region, such as GRA11"),
		Subsidiary:  text("OVH_SUBSIDIARY", "FR"),

		ApplicationKey:    text("OVH_APPLICATION_KEY", ""),
		ApplicationSecret: text("OVH_APPLICATION_SECRET", ""),
		ConsumerKey:       text("OVH_CONSUMER_KEY", ""),
		ClientID:          text("OVH_CLIENT_ID", ""),
		ClientSecret:      text("OVH_CLIENT_SECRET", ""),

		BillingMargin:  duration("BILLING_MARGIN", 5*time.Minute, time.Minute, 30*time.Minute),
		OrphanAfter:    duration("ORPHAN_AFTER", 2*time.Minute, time.Second, 24*time.Hour),
		EmptyPoolAfter: duration("EMPTY_POOL_AFTER", 10*time.Minute, time.Second, 24*time.Hour),
		LaunchTimeout:  duration("LAUNCH_TIMEOUT", 4*time.Minute, time.Second, time.Hour),
	}
	s.CatalogEndpoint = strings.TrimSuffix(text("CATALOG_ENDPOINT", s.Endpoint), "/")
	for _, name := range []string{"OVH_ENDPOINT", "CATALOG_ENDPOINT"} {
		endpoint := map[string]string{"OVH_ENDPOINT": s.Endpoint, "CATALOG_ENDPOINT": s.CatalogEndpoint}[name]
		if _, known := ovh.Endpoints[endpoint]; !known && !strings.HasPrefix(endpoint, "http://") && !strings.HasPrefix(endpoint, "https://") {
			fault("%s (%q) must be ovh-eu, ovh-ca, ovh-us or an http(s) URL", name, endpoint)
		}
	}

	keys := []string{s.ApplicationKey, s.ApplicationSecret, s.ConsumerKey}
	oauth := []string{s.ClientID, s.ClientSecret}
	switch {
	case given(keys) > 0 && given(oauth) > 0:
		fault("OVH_APPLICATION_KEY and OVH_CLIENT_ID exclude each other: give keys or an OAuth2 client, not both")
	case given(oauth) > 0 && given(oauth) < len(oauth):
		fault("OVH_CLIENT_ID and OVH_CLIENT_SECRET belong together: one is missing")
	case given(keys) > 0 && given(keys) < len(keys):
		fault("OVH_APPLICATION_KEY, OVH_APPLICATION_SECRET and OVH_CONSUMER_KEY belong together: one is missing")
	case given(keys)+given(oauth) == 0:
		fault("credentials are missing: set OVH_APPLICATION_KEY, OVH_APPLICATION_SECRET and OVH_CONSUMER_KEY, or OVH_CLIENT_ID and OVH_CLIENT_SECRET")
	}

	switch billing := text("BILLING", "auto"); billing {
	case string(PerSecond), string(Hourly):
		s.Billing = Billing(billing)
	case "auto":
		s.Billing = PerSecond
		if s.Endpoint == "ovh-us" || s.Endpoint == ovh.OvhUS || strings.HasPrefix(strings.ToUpper(s.Region), "US-") {
			s.Billing = Hourly
		}
	default:
		fault("BILLING (%q) must be auto, perSecond or hourly", billing)
	}
	return s, errors.Join(faults...)
}

func given(values []string) (count int) {
	for _, value := range values {
		if value != "" {
			count++
		}
	}
	return count
}

package settings

import (
	"strings"
	"testing"
	"time"
)

func with(changes map[string]string) func(string) string {
	values := map[string]string{
		"OVH_SERVICE_NAME": "project", "OVH_KUBE_ID": "cluster", "OVH_REGION": "GRA11",
		"OVH_APPLICATION_KEY": "ak", "OVH_APPLICATION_SECRET": "as", "OVH_CONSUMER_KEY": "ck",
	}
	for name, value := range changes {
		values[name] = value
	}
	return func(name string) string { return values[name] }
}

func TestDefaults(t *testing.T) {
	s, err := Read(with(nil))
	if err != nil {
		t.Fatal(err)
	}
	if s.Endpoint != "ovh-eu" || s.CatalogEndpoint != "ovh-eu" || s.Subsidiary != "FR" || s.Billing != PerSecond || s.OrphanAfter != 2*time.Minute {
		t.Errorf("%+v", s)
	}
}

func TestAllFaultsAreNamedAtOnceAndNoSecret(t *testing.T) {
	_, err := Read(with(map[string]string{
		"OVH_SERVICE_NAME": "", "OVH_KUBE_ID": " ", "OVH_ENDPOINT": "ovh-xx", "BILLING": "yearly", "ORPHAN_AFTER": "soon",
		"OVH_CLIENT_ID": "id", "OVH_CLIENT_SECRET": "very-secret", "OVH_APPLICATION_SECRET": "also-secret",
	}))
	if err == nil {
		t.Fatal("no fault was found")
	}
	for _, name := range []string{"OVH_SERVICE_NAME", "OVH_KUBE_ID", "OVH_ENDPOINT", "BILLING", "ORPHAN_AFTER", "OVH_CLIENT_ID"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("a secret is told: %v", err)
	}
}

func TestCredentialsAreCompleteAndOfOneKind(t *testing.T) {
	none := map[string]string{"OVH_APPLICATION_KEY": "", "OVH_APPLICATION_SECRET": "", "OVH_CONSUMER_KEY": ""}
	oauth := map[string]string{"OVH_APPLICATION_KEY": "", "OVH_APPLICATION_SECRET": "", "OVH_CONSUMER_KEY": "", "OVH_CLIENT_ID": "id", "OVH_CLIENT_SECRET": "s"}
	for name, test := range map[string]struct {
		values map[string]string
		fault  string
	}{
		"none":        {none, "credentials are missing"},
		"half a key":  {map[string]string{"OVH_CONSUMER_KEY": ""}, "belong together"},
		"half OAuth2": {map[string]string{"OVH_APPLICATION_KEY": "", "OVH_APPLICATION_SECRET": "", "OVH_CONSUMER_KEY": "", "OVH_CLIENT_ID": "id"}, "belong together"},
		"OAuth2":      {oauth, ""},
	} {
		_, err := Read(with(test.values))
		if (err == nil) != (test.fault == "") || (err != nil && !strings.Contains(err.Error(), test.fault)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheUSBillsByTheHour(t *testing.T) {
	for name, changes := range map[string]map[string]string{
		"endpoint": {"OVH_ENDPOINT": "ovh-us"}, "URL": {"OVH_ENDPOINT": "https://api.us.ovhcloud.com/1.0"}, "region": {"OVH_REGION": "US-EAST-VA-1"}, "asked for": {"BILLING": "hourly"},
	} {
		if s, err := Read(with(changes)); err != nil || s.Billing != Hourly {
			t.Errorf("%s: %s, %v", name, s.Billing, err)
		}
	}
}

package v1alpha1

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/awslabs/operatorpkg/object"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	karpapis "sigs.k8s.io/karpenter/pkg/apis"
)

func crd(t *testing.T, name string) *apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	text, err := os.ReadFile("../../crds/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return object.Unmarshal[apiextensionsv1.CustomResourceDefinition](text)
}

func TestKarpentersDefinitionsAreThoseOfTheCoreThatIsBuilt(t *testing.T) {
	for _, expected := range karpapis.CRDs {
		if got := crd(t, expected.Spec.Group+"_"+expected.Spec.Names.Plural); !equality.Semantic.DeepEqual(got, expected) {
			t.Errorf("crds/ has another %s than Karpenter's module: copy it from there", expected.Name)
		}
	}
}

func TestTheDefinitionHasEachFieldOfTheType(t *testing.T) {
	schema := crd(t, Group+"_ovhnodeclasses").Spec.Versions[0].Schema.OpenAPIV3Schema
	class := OVHNodeClass{Spec: OVHNodeClassSpec{ServiceName: "x", KubeID: "x", Region: "x", MonthlyBilled: true, AntiAffinity: true, Tags: map[string]string{"a": "b"}}}
	text, err := json.Marshal(class.Spec)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{}
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	properties := schema.Properties["spec"].Properties
	for field := range fields {
		if _, known := properties[field]; !known {
			t.Errorf("spec.%s is not in the definition", field)
		}
	}
	// As the public provider has them: its manifests are valid here.
	for _, field := range []string{"serviceName", "kubeId", "region", "credentialsSecretRef", "monthlyBilled", "antiAffinity", "tags"} {
		if _, known := properties[field]; !known {
			t.Errorf("spec.%s of the public provider is not in the definition", field)
		}
	}
	if required := schema.Properties["spec"].Required; len(required) > 0 || slices.Contains(schema.Required, "spec") {
		t.Errorf("required: %v", required)
	}
}

package ovh

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/ovh/go-ovh/ovh"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"ovh-mks-batch/karpenter/settings"
)

const userAgent = "ovh-mks-batch-karpenter"

// signIn makes requests that OVHcloud takes for those of an account. Safe for concurrent use.
type signIn interface {
	request(ctx context.Context, method, path string, in any) (*http.Request, error)
	// refused is told of a request that was answered with 401. It returns true where the next one is signed with something else.
	refused(*http.Request) bool
}

func newSignIn(s settings.Settings, client *http.Client) (signIn, error) {
	if s.ClientID != "" {
		return newTokens(s, client)
	}
	api, err := ovh.NewClient(s.Endpoint, s.ApplicationKey, s.ApplicationSecret, s.ConsumerKey)
	if err != nil {
		return nil, fmt.Errorf("signing in at %s: %w", s.Endpoint, err)
	}
	api.Timeout = requestTimeout
	api.UserAgent = userAgent
	return &keys{api: api}, nil
}

// keys of an application.
type keys struct {
	// mu is held while a request is made: go-ovh's client is not made for concurrent use.
	mu  sync.Mutex
	api *ovh.Client
}

func (k *keys) request(ctx context.Context, method, path string, in any) (*http.Request, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	request, err := k.api.NewRequest(method, path, in, true)
	if err != nil {
		return nil, err
	}
	return request.WithContext(ctx), nil
}

func (*keys) refused(*http.Request) bool { return false }

// tokens of a service account. go-ovh fetches them at OVHcloud's own endpoints only, waits for them without end, and keeps one that is refused.
type tokens struct {
	endpoint string
	account  clientcredentials.Config
	client   *http.Client

	mu    sync.Mutex
	token *oauth2.Token
}

// tokenURLs of OVHcloud's endpoints. That of another API is beside it.
var tokenURLs = map[string]string{
	ovh.OvhEU: "https://auth.eu.ovhcloud.com/oauth2/token",
	ovh.OvhCA: "https://auth.ca.ovhcloud.com/oauth2/token",
	ovh.OvhUS: "https://us.ovhcloud.com/auth/oauth2/token",
}

func newTokens(s settings.Settings, client *http.Client) (*tokens, error) {
	endpoint := s.Endpoint
	if base, known := ovh.Endpoints[endpoint]; known {
		endpoint = base
	}
	tokenURL, known := tokenURLs[endpoint]
	if !known {
		base, err := url.Parse(endpoint)
		if err != nil {
			return nil, fmt.Errorf("OVH_ENDPOINT (%q): %w", s.Endpoint, err)
		}
		tokenURL = base.ResolveReference(&url.URL{Path: "/auth/oauth2/token"}).String()
	}
	return &tokens{endpoint: endpoint, client: client, account: clientcredentials.Config{
		ClientID: s.ClientID, ClientSecret: s.ClientSecret, TokenURL: tokenURL, Scopes: []string{"all"}, AuthStyle: oauth2.AuthStyleInParams,
	}}, nil
}

func (t *tokens) request(ctx context.Context, method, path string, in any) (*http.Request, error) {
	token, err := t.current(ctx)
	if err != nil {
		return nil, err
	}
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, t.endpoint+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", userAgent)
	if in != nil {
		request.Header.Set("Content-Type", "application/json;charset=utf-8")
	}
	token.SetAuthHeader(request)
	return request, nil
}

// current token. Whoever asks while one is fetched waits for the same one.
func (t *tokens) current(ctx context.Context) (*oauth2.Token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token.Valid() {
		return t.token, nil
	}
	token, err := t.account.Token(context.WithValue(ctx, oauth2.HTTPClient, t.client))
	if err != nil {
		return nil, fmt.Errorf("signing in as service account %s: %w", t.account.ClientID, err)
	}
	t.token = token
	return token, nil
}

func (t *tokens) refused(request *http.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	// Meanwhile another request may have brought a new one.
	if t.token != nil && request.Header.Get("Authorization") == t.token.Type()+" "+t.token.AccessToken {
		t.token = nil
	}
	return true
}

// Package openid is the organisation's own sign-in: OpenID Connect, by the code flow
// with PKCE. It finds out who somebody is there and in which role they are here; which
// account they are is package access's to say.
package openid

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"onevision/access"
)

// CallbackPath is where the provider sends browsers back to, below the public address.
const CallbackPath = "/sign-in/callback"

// Config says whose sign-in it is and how its claims are read. Environment variables
// and flags of `onevision serve` fill it; docs/sign-in.md explains each.
type Config struct {
	Issuer       string // https://login.microsoftonline.com/<tenant>/v2.0
	Name         string // "Exampleshire": the page says "Sign in with Exampleshire"
	ClientID     string
	ClientSecret string // "": a public client, which has PKCE alone
	SecretFile   string // in place of ClientSecret: read at each sign-in, so that it can be changed while the program runs
	PublicURL    string // of this server

	Tenant        string                 // that the claim tid must name; "": it is not looked at
	SubjectClaim  string                 // "sub", or with Entra ID "oid", which its administrators can see
	UsernameClaim string                 // "preferred_username"
	RolesClaim    string                 // "roles"; with full stops between for one within others: "realm_access.roles"
	Roles         map[string]access.Role // a value of the claim, and which role it gives
	Ask           string                 // whom somebody asks who is not let in
}

// withDefaults is the configuration with what was left out.
func (c Config) withDefaults() Config {
	for _, d := range []struct {
		field *string
		value string
	}{{&c.Name, "your organisation’s account"}, {&c.SubjectClaim, "sub"}, {&c.UsernameClaim, "preferred_username"}, {&c.RolesClaim, "roles"},
		{&c.Ask, "whoever looks after OneVision’s accounts"}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	return c
}

// check names everything that is wrong with the configuration, by the flags that mend it.
func (c Config) check() error {
	var problems []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	for _, u := range []struct{ what, address string }{{"--oidc-issuer", c.Issuer}, {"--public-url", c.PublicURL}} {
		at, err := url.Parse(u.address)
		wrong(err != nil || at.Host == "" || at.User != nil || at.RawQuery != "" || at.Fragment != "" || at.Scheme != "https" && !(at.Scheme == "http" && loopback(at.Hostname())),
			"%s is %q: the organisation's sign-in needs an address that begins https:// (http:// for this machine itself)", u.what, u.address)
	}
	wrong(c.ClientID == "", "--oidc-client-id is missing: it is the application's id at the provider")
	wrong(c.ClientSecret != "" && c.SecretFile != "", "ONEVISION_OIDC_CLIENT_SECRET and --oidc-client-secret-file are both given: give one")
	if _, err := c.secret(); err != nil {
		problems = append(problems, err)
	}
	wrong(len(c.Roles) == 0, "--oidc-role is missing: without a mapping such as --oidc-role OneVision.Director=director nobody would be let in")
	for value, role := range c.Roles {
		wrong(!slices.Contains(access.Roles(), role), "--oidc-role %s=%s: there is no such role here; the roles are %s", value, role, words(access.Roles()))
	}
	return errors.Join(problems...)
}

// secret is the client's secret as it is now.
func (c Config) secret() (string, error) {
	if c.SecretFile == "" {
		return c.ClientSecret, nil
	}
	b, err := os.ReadFile(c.SecretFile)
	if err != nil {
		return "", fmt.Errorf("--oidc-client-secret-file: %w", err)
	}
	if s := strings.TrimSpace(string(b)); s != "" {
		return s, nil
	}
	return "", fmt.Errorf("--oidc-client-secret-file: %s is empty", c.SecretFile)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func words[T ~string](all []T) string {
	var names []string
	for _, t := range all {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

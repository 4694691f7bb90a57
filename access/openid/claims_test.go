package openid

import (
	"errors"
	"strings"
	"testing"

	"onevision/access"
)

func TestTheRoleOfTheClaims(t *testing.T) {
	t.Parallel()
	config := Config{Roles: map[string]access.Role{"OV.Director": access.Director, "OV.Manager": access.Manager, "Heads of service": access.Manager}, Ask: "the service desk"}.withDefaults()
	nested := config
	nested.RolesClaim = "realm_access.roles"
	for _, c := range []struct {
		what   string
		config Config
		claims claims
		role   access.Role
		log    string
	}{
		{"one value", config, claims{"roles": []any{"OV.Director"}}, access.Director, ""},
		{"a text in place of a list", config, claims{"roles": "OV.Manager"}, access.Manager, ""},
		{"values of others besides", config, claims{"roles": []any{"Payroll", "OV.Manager", 7.0}}, access.Manager, ""},
		{"two values of one role", config, claims{"roles": []any{"OV.Manager", "Heads of service"}}, access.Manager, ""},
		{"within another claim", nested, claims{"realm_access": map[string]any{"roles": []any{"OV.Director"}}}, access.Director, ""},
		{"two roles", config, claims{"roles": []any{"OV.Manager", "OV.Director"}}, "", "several roles"},
		{"an unknown value", config, claims{"roles": []any{"director"}}, "", "no role"},
		{"another case", config, claims{"roles": []any{"ov.director"}}, "", "no role"},
		{"no claim", config, claims{}, "", "no role"},
		{"a claim of another shape", config, claims{"roles": map[string]any{"OV.Director": true}}, "", "no role"},
		{"more groups than a token holds", config, claims{"_claim_names": map[string]any{"roles": "src1"}}, "", "too many groups"},
	} {
		role, err := c.claims.role(c.config)
		refusal, _ := errors.AsType[access.Refusal](err)
		if role != c.role || refusal.Log != c.log || c.log != "" && !strings.Contains(refusal.Why, "the service desk") {
			t.Errorf("%s: %q %v", c.what, role, err)
		}
	}
}

func TestAnAddressThatIsNotVerifiedIsNotTaken(t *testing.T) {
	t.Parallel()
	config := Config{Issuer: "https://provider"}.withDefaults()
	said := claims{"sub": "1", "tid": "t", "email": "a@example.org", "given_name": "Ann", "family_name": "Example", "preferred_username": "ann"}
	if v := said.vouched(config); v != (access.Vouched{Issuer: "https://provider", Subject: "1", Username: "ann", DisplayName: "Ann Example", Email: "a@example.org"}) {
		t.Errorf("%+v", v)
	}
	said["email_verified"], config.Tenant = false, "t"
	if v := said.vouched(config); v.Email != "" || v.Tenant != "t" {
		t.Errorf("%+v", v)
	}
}

func TestAConfigurationThatWillNotDo(t *testing.T) {
	t.Parallel()
	good := Config{Issuer: "https://provider.example", ClientID: "a", PublicURL: "https://onevision.example", Roles: map[string]access.Role{"x": access.Director}}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for want, spoil := range map[string]func(*Config){
		"--oidc-issuer":             func(c *Config) { c.Issuer = "http://provider.example" },
		"--public-url":              func(c *Config) { c.PublicURL = "http://onevision.example" },
		"--oidc-client-id":          func(c *Config) { c.ClientID = "" },
		"--oidc-role is missing":    func(c *Config) { c.Roles = nil },
		"x=chief: there is no such": func(c *Config) { c.Roles = map[string]access.Role{"x": "chief"} },
		"no such file":              func(c *Config) { c.SecretFile = "/nowhere/secret" },
		"give one":                  func(c *Config) { c.ClientSecret, c.SecretFile = "a", "/nowhere/secret" },
	} {
		c := good
		spoil(&c)
		if err := c.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

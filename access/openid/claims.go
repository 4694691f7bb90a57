package openid

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"onevision/access"
)

// claims are what the provider says of somebody.
type claims map[string]any

// text is a claim that is one text, "" for any other.
func (c claims) text(name string) string {
	s, _ := c.at(name).(string)
	return strings.TrimSpace(s)
}

// list is a claim that is a text or several.
func (c claims) list(name string) (all []string) {
	switch v := c.at(name).(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			if s, ok := one.(string); ok {
				all = append(all, s)
			}
		}
	}
	return all
}

// at is the claim of that name, or the one within others whose names it joins with
// full stops.
func (c claims) at(name string) any {
	if v, ok := c[name]; ok {
		return v
	}
	head, rest, nested := strings.Cut(name, ".")
	within, ok := c[head].(map[string]any)
	if !nested || !ok {
		return nil
	}
	return claims(within).at(rest)
}

// with are these claims, and of others those that are not here.
func (c claims) with(others claims) claims {
	all := maps.Clone(others)
	maps.Copy(all, c)
	return all
}

// role is the one that the claim gives. What it holds besides, such as groups that
// have nothing to do with this program, is passed over.
func (c claims) role(config Config) (access.Role, error) {
	roles := map[access.Role]bool{}
	for _, value := range c.list(config.RolesClaim) {
		if role, ok := config.Roles[value]; ok {
			roles[role] = true
		}
	}
	switch len(roles) {
	case 1:
		for role := range roles {
			return role, nil
		}
	case 0:
		if elsewhere, ok := c["_claim_names"].(map[string]any); ok && elsewhere[config.RolesClaim] != nil {
			return "", access.Refusal{Why: "You are in so many groups that your organisation’s sign-in does not list them. Ask " + config.Ask + " to give you an app role in place of a group.", Log: "too many groups"}
		}
		return "", access.Refusal{Why: "Your organisation’s sign-in gives you no role in OneVision. Ask " + config.Ask + " for the one that your work needs.", Log: "no role"}
	}
	return "", access.Refusal{Why: "Your organisation’s sign-in gives you several roles in OneVision (" + words(slices.Sorted(maps.Keys(roles))) + "), and an account has one. Ask " + config.Ask + " to leave you one.", Log: "several roles"}
}

// vouched is who the claims are about.
func (c claims) vouched(config Config) access.Vouched {
	v := access.Vouched{Issuer: config.Issuer, Tenant: c.text("tid"), Subject: c.text(config.SubjectClaim), Username: c.text(config.UsernameClaim), DisplayName: c.text("name"), Email: c.text("email")}
	if config.Tenant == "" {
		v.Tenant = ""
	}
	if v.DisplayName == "" {
		v.DisplayName = strings.TrimSpace(c.text("given_name") + " " + c.text("family_name"))
	}
	if verified, said := c["email_verified"].(bool); said && !verified {
		v.Email = ""
	}
	return v
}

// decoded are the claims of a token that was verified, or of userinfo.
func decoded(from interface{ Claims(v any) error }) (claims, error) {
	var raw json.RawMessage
	if err := from.Claims(&raw); err != nil {
		return nil, err
	}
	c := claims{}
	return c, json.Unmarshal(raw, &c)
}

package main

import (
	"context"
	"fmt"

	"onevision/access"
	"onevision/access/openid"
)

// oidcFlags are the organisation's own sign-in, of every command that talks to it.
type oidcFlags struct {
	OIDCIssuer        string            `name:"oidc-issuer" help:"The organisation's own sign-in (OpenID Connect), such as https://login.microsoftonline.com/TENANT/v2.0. Default: passwords alone. See docs/sign-in.md." placeholder:"URL" env:"ONEVISION_OIDC_ISSUER"`
	OIDCName          string            `name:"oidc-name" help:"Its name on the page: Sign in with NAME." placeholder:"NAME" env:"ONEVISION_OIDC_NAME"`
	OIDCClientID      string            `name:"oidc-client-id" help:"This program's id there." placeholder:"ID" env:"ONEVISION_OIDC_CLIENT_ID"`
	OIDCClientSecret  string            `name:"oidc-client-secret" hidden:"" env:"ONEVISION_OIDC_CLIENT_SECRET"`
	OIDCSecretFile    string            `name:"oidc-client-secret-file" help:"File that holds its secret. Or give it in the environment, as ONEVISION_OIDC_CLIENT_SECRET: a flag would be in every process list." placeholder:"FILE" env:"ONEVISION_OIDC_CLIENT_SECRET_FILE"`
	OIDCTenant        string            `name:"oidc-tenant" help:"Tenant that people must be of (claim tid)." placeholder:"ID" env:"ONEVISION_OIDC_TENANT"`
	OIDCSubjectClaim  string            `name:"oidc-subject-claim" default:"sub" help:"Claim by which a person is known for ever: sub, or oid with Entra ID." placeholder:"CLAIM" env:"ONEVISION_OIDC_SUBJECT_CLAIM"`
	OIDCUsernameClaim string            `name:"oidc-username-claim" default:"preferred_username" help:"Claim that names the account which is made at the first sign-in." placeholder:"CLAIM" env:"ONEVISION_OIDC_USERNAME_CLAIM"`
	OIDCRolesClaim    string            `name:"oidc-roles-claim" default:"roles" help:"Claim that gives the role." placeholder:"CLAIM" env:"ONEVISION_OIDC_ROLES_CLAIM"`
	OIDCRole          map[string]string `name:"oidc-role" help:"What a value of that claim gives: OneVision.Director=director. One for each; in the environment with semicolons between." placeholder:"VALUE=ROLE" env:"ONEVISION_OIDC_ROLE"`
	OIDCAsk           string            `name:"oidc-ask" help:"Whom somebody asks who is not let in: the service desk on 01234 567890." placeholder:"WHOM" env:"ONEVISION_OIDC_ASK"`
}

// config is nil where no sign-in is named.
func (o *oidcFlags) config(publicURL string) *openid.Config {
	if o.OIDCIssuer == "" {
		return nil
	}
	c := &openid.Config{Issuer: o.OIDCIssuer, Name: o.OIDCName, ClientID: o.OIDCClientID, ClientSecret: o.OIDCClientSecret, SecretFile: o.OIDCSecretFile, PublicURL: publicURL,
		Tenant: o.OIDCTenant, SubjectClaim: o.OIDCSubjectClaim, UsernameClaim: o.OIDCUsernameClaim, RolesClaim: o.OIDCRolesClaim, Roles: map[string]access.Role{}, Ask: o.OIDCAsk}
	for value, role := range o.OIDCRole {
		c.Roles[value] = access.Role(role)
	}
	return c
}

// userLink joins an account to somebody at the organisation's sign-in.
type userLink struct {
	Username string `arg:""`
	Subject  string `arg:"" help:"Their identifier there, as the page says that refused them (with Entra ID their object id)."`
	Issuer   string `required:"" help:"The organisation's sign-in, as --oidc-issuer of the server." env:"ONEVISION_OIDC_ISSUER"`
	Tenant   string `help:"As --oidc-tenant of the server, if it has one." env:"ONEVISION_OIDC_TENANT"`
}

func (u *userLink) Run(ctx context.Context, c *cli) error {
	return c.onAccount(ctx, u.Username, func(all *access.Accounts, by access.Viewer, a access.Account) error {
		if err := all.Link(ctx, by, a.ID, access.Vouched{Issuer: u.Issuer, Tenant: u.Tenant, Subject: u.Subject}); err != nil {
			return fmt.Errorf("link the account: %w", err)
		}
		fmt.Printf("%s signs in with %s from now on, in the role that it gives. A password that the account has works as before.\n", a.Username, u.Issuer)
		return nil
	})
}

// userUnlink parts them again.
type userUnlink struct {
	Username string `arg:""`
}

func (u *userUnlink) Run(ctx context.Context, c *cli) error {
	return c.onAccount(ctx, u.Username, func(all *access.Accounts, by access.Viewer, a access.Account) error {
		if err := all.Unlink(ctx, by, a.ID); err != nil {
			return err
		}
		fmt.Printf("%s is no longer linked to the organisation's sign-in, is signed out everywhere, and their tokens are revoked.\n", a.Username)
		return nil
	})
}

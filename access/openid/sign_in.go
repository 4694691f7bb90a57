package openid

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"onevision/access"
)

// clockSkew is how far the provider's clock may be behind ours.
const clockSkew = time.Minute

// SignIn is the organisation's sign-in.
type SignIn struct {
	config   Config
	accounts *access.Accounts
	provider *provider
	now      func() time.Time
	log      *slog.Logger
}

// New gives the sign-in of that configuration. The provider need not be there yet.
func New(c Config, accounts *access.Accounts, now func() time.Time, log *slog.Logger) (*SignIn, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	return &SignIn{config: c, accounts: accounts, provider: newProvider(c.Issuer, now, log), now: now, log: log}, nil
}

// Keep looks now and then whether the provider can be reached, until ctx ends.
func (s *SignIn) Keep(ctx context.Context) error { return s.provider.keep(ctx) }

// Name is what the sign-in is called on the page.
func (s *SignIn) Name() string { return s.config.Name }

// Reachable reports whether the provider was there when it was last asked.
func (s *SignIn) Reachable() bool { return s.provider.problem() == nil }

// Organisational reports whether the viewer has no password here.
func (s *SignIn) Organisational(ctx context.Context, v access.Viewer) (bool, error) {
	return s.accounts.Organisational(ctx, v.Account())
}

// unreachable is for somebody who cannot be sent there now.
func (s *SignIn) unreachable() access.Refusal {
	return access.Refusal{Why: "The sign-in of " + s.config.Name + " cannot be reached at the moment. Try again in a minute. Who has a password here can sign in with it.", Log: "unreachable"}
}

// Begin gives the address at the provider to send a browser to, and the secret that
// the browser keeps until it comes back to Finish. Somebody who is signed in already
// shows again that they are there: b.Account says who.
func (s *SignIn) Begin(ctx context.Context, b access.Begun) (address, secret string, err error) {
	found, err := s.provider.discover(ctx, asked)
	if err != nil {
		return "", "", s.unreachable()
	}
	if secret, err = s.accounts.BeginSignIn(ctx, b); err != nil {
		return "", "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(derived("nonce", secret)), oauth2.S256ChallengeOption(derived("verifier", secret))}
	if b.Account != 0 {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return s.oauth(found, "").AuthCodeURL(derived("state", secret), options...), secret, nil
}

// derived is one of the values of a sign-in that begins with the secret: whoever sees
// one in an address learns neither the secret nor the others.
func derived(what, secret string) string {
	sum := sha256.Sum256([]byte(what + ":" + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s *SignIn) oauth(found *oidc.Provider, secret string) *oauth2.Config {
	return &oauth2.Config{ClientID: s.config.ClientID, ClientSecret: secret, Endpoint: found.Endpoint(),
		RedirectURL: strings.TrimSuffix(s.config.PublicURL, "/") + CallbackPath, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
}

// Finish is Begin's other end: who came back, and what for. An access.Refusal says
// what they are told who are not let in.
func (s *SignIn) Finish(ctx context.Context, secret string, query url.Values) (access.Viewer, access.Begun, error) {
	v, b, err := s.finish(ctx, secret, query)
	if refusal, ok := errors.AsType[access.Refusal](err); ok {
		s.log.Info("the organisation's sign-in let nobody in", "reason", refusal.Log)
	}
	return v, b, err
}

func (s *SignIn) finish(ctx context.Context, secret string, query url.Values) (access.Viewer, access.Begun, error) {
	stale := access.Refusal{Why: "That sign-in has ended, or began in another browser. Sign in again.", Log: "stale"}
	// The state is held against the browser's secret first: whoever is sent here by
	// another site does not use up a sign-in that is under way.
	if secret == "" || !same(query.Get("state"), derived("state", secret)) {
		return access.Viewer{}, access.Begun{}, stale
	}
	b, err := s.accounts.EndSignIn(ctx, secret)
	if errors.Is(err, access.ErrBegun) {
		return access.Viewer{}, b, stale
	}
	if err != nil {
		return access.Viewer{}, b, err
	}
	if iss := query.Get("iss"); iss != "" && iss != s.config.Issuer { // RFC 9207
		return access.Viewer{}, b, s.untrusted("issuer of the answer")
	}
	if code := query.Get("error"); code != "" {
		return access.Viewer{}, b, s.refusedThere(code, query.Get("error_description"))
	}
	said, err := s.claims(ctx, secret, query.Get("code"))
	if err != nil {
		return access.Viewer{}, b, err
	}
	v, err := s.letIn(ctx, said, b)
	return v, b, err
}

// letIn finds the account of whom the claims are about.
func (s *SignIn) letIn(ctx context.Context, said claims, b access.Begun) (access.Viewer, error) {
	who := said.vouched(s.config)
	if who.Subject == "" {
		return access.Viewer{}, access.Refusal{Why: "Your organisation’s sign-in does not say who you are in the way that OneVision is told to read it. Ask " + s.config.Ask + " to look at the claim " + s.config.SubjectClaim + ".", Log: "no subject"}
	}
	if s.config.Tenant != "" && !strings.EqualFold(who.Tenant, s.config.Tenant) {
		refusal := access.Refusal{Why: "You signed in with an account of another organisation. Sign in with the one of " + s.config.Name + ", or ask " + s.config.Ask + ".", Log: "another tenant"}
		return access.Viewer{}, errors.Join(refusal, s.accounts.RefuseIdentity(ctx, who, refusal))
	}
	if b.Account != 0 {
		if at, ok := said["auth_time"].(float64); !ok || time.Unix(int64(at), 0).Before(b.At.Add(-clockSkew)) {
			return access.Viewer{}, access.Refusal{Why: "Your organisation’s sign-in did not ask you to sign in anew, so what you wanted to do cannot be done. Ask " + s.config.Ask + ".", Log: "not anew"}
		}
		v, err := s.accounts.ConfirmAs(ctx, b.Account, who)
		if errors.Is(err, access.ErrNotAllowed) || errors.Is(err, access.ErrNoAccount) {
			return access.Viewer{}, access.Refusal{Why: "You signed in as somebody else than you are here.", Log: "somebody else"}
		}
		return v, err
	}
	role, err := said.role(s.config)
	if refusal, ok := errors.AsType[access.Refusal](err); ok {
		return access.Viewer{}, errors.Join(refusal, s.accounts.RefuseIdentity(ctx, who, refusal))
	}
	who.Role = role
	return s.accounts.AuthenticateAs(ctx, who, s.config.Ask)
}

// claims exchanges the code for what the provider says of whom it let in. Nothing of
// a token, nor of what the provider answers in place of one, goes into an error.
func (s *SignIn) claims(ctx context.Context, secret, code string) (claims, error) {
	found, err := s.provider.discover(ctx, asked)
	if err != nil {
		return nil, s.unreachable()
	}
	ctx = oidc.ClientContext(ctx, s.provider.client)
	password, err := s.config.secret()
	if err != nil {
		return nil, err
	}
	tokens, err := s.oauth(found, password).Exchange(ctx, code, oauth2.VerifierOption(derived("verifier", secret)))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.ErrorCode != "" {
		return nil, s.refusedThere(refused.ErrorCode, refused.ErrorDescription)
	} else if err != nil {
		return nil, s.unreachable()
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := found.VerifierContext(ctx, &oidc.Config{ClientID: s.config.ClientID, Now: s.now}).Verify(ctx, raw)
	if err != nil {
		return nil, s.untrusted("token")
	}
	if !same(token.Nonce, derived("nonce", secret)) {
		return nil, s.untrusted("nonce")
	}
	if token.AccessTokenHash != "" && token.VerifyAccessToken(tokens.AccessToken) != nil {
		return nil, s.untrusted("access token")
	}
	said, err := decoded(token)
	if err != nil {
		return nil, s.untrusted("claims")
	}
	if party := said.text("azp"); party != s.config.ClientID && (party != "" || len(token.Audience) > 1) {
		return nil, s.untrusted("authorised party")
	}
	if found.UserInfoEndpoint() == "" || !slices.ContainsFunc([]string{s.config.RolesClaim, s.config.UsernameClaim, "name", "email"}, func(name string) bool { return said.at(name) == nil }) {
		return said, nil
	}
	// Some providers put into the token only who it is, and tell the rest apart.
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return said, nil // what is lacking is said as such
	}
	more, err := decoded(info)
	if err != nil || info.Subject != token.Subject {
		return nil, s.untrusted("userinfo")
	}
	return said.with(more), nil
}

// untrusted is for an answer that is not what was asked for.
func (s *SignIn) untrusted(what string) access.Refusal {
	return access.Refusal{Why: "What your organisation’s sign-in answered cannot be trusted. Sign in again; if it stays so, tell " + s.config.Ask + " (" + what + ").", Log: "untrusted " + what}
}

// loggedCode is what may be logged of a provider's error, and loggedNumber what of its
// description: Entra ID's number of it. The rest may be about the person.
var (
	loggedCode   = regexp.MustCompile(`^[a-z_]{1,40}$`)
	loggedNumber = regexp.MustCompile(`AADSTS[0-9]{1,10}`)
)

// refusedThere puts the provider's own error into words (RFC 6749, OpenID Connect).
func (s *SignIn) refusedThere(code, description string) access.Refusal {
	why := map[string]string{
		"access_denied":           "You did not sign in, or your organisation does not let you use OneVision. Ask " + s.config.Ask + " if you should.",
		"invalid_grant":           "That sign-in has ended. Sign in again.",
		"invalid_client":          "Your organisation’s sign-in does not accept OneVision’s own secret, which may have expired. Tell " + s.config.Ask + ".",
		"unauthorized_client":     "Your organisation’s sign-in does not know OneVision. Tell " + s.config.Ask + ".",
		"temporarily_unavailable": s.unreachable().Why,
		"server_error":            s.unreachable().Why,
	}[code]
	if !loggedCode.MatchString(code) {
		code = "other error"
	}
	return access.Refusal{Why: cmp.Or(why, "Your organisation’s sign-in did not let you in. Sign in again; if it stays so, tell "+s.config.Ask+"."), Log: strings.TrimSpace(code + " " + loggedNumber.FindString(description))}
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

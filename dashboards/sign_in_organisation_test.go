package dashboards

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/access/openid"
)

// directory is an OpenID provider as an organisation has one: the server of
// github.com/zitadel/oidc (which is certified), with its own form to sign in, keys and
// checks, over HTTP. Its people and what it says of them are in memory.
type directory struct {
	*storage.Storage
	address string
	server  *httptest.Server

	mu     sync.Mutex
	people map[string]*storage.User  // by subject
	claims map[string]map[string]any // of each, besides the standard ones
	nonce  string                    // in place of the one that was asked for; "": that one
}

const directoryPassword = "of the directory"

func newDirectory(t *testing.T) *directory {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &directory{address: listener.Addr().String(), people: map[string]*storage.User{}, claims: map[string]map[string]any{}}
	client := storage.WebClient("onevision", "a secret of two", "https://onevision.example/sign-in/callback")
	d.Storage = storage.NewStorageWithClients(d, map[string]*storage.Client{"onevision": client})
	d.start(t, listener)
	return d
}

func (d *directory) issuer() string { return "http://" + d.address }

func (d *directory) start(t *testing.T, l net.Listener) {
	t.Helper()
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", d.address); err != nil {
			t.Fatal(err)
		}
	}
	d.server = httptest.NewUnstartedServer(exampleop.SetupServer(d.issuer(), d, slog.New(slog.DiscardHandler), false))
	d.server.Listener.Close()
	d.server.Listener = l
	d.server.Start()
	t.Cleanup(d.server.Close)
}

// config is the program's, for this provider.
func (d *directory) config() openid.Config {
	return openid.Config{Issuer: d.issuer(), Name: "Exampleshire", ClientID: "onevision", ClientSecret: "a secret of two", PublicURL: "https://onevision.example", Tenant: "exampleshire",
		Roles: map[string]access.Role{"OV.Manager": access.Manager, "OV.Director": access.Director, "OV.SocialWorker": access.SocialWorker}, Ask: "the service desk"}
}

// person adds somebody, or says something else of them.
func (d *directory) person(subject, username string, claims map[string]any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.people[subject] = &storage.User{ID: subject, Username: username, Password: directoryPassword, FirstName: "Ann", LastName: "Example", Email: username + "@example.org", EmailVerified: true}
	d.claims[subject] = map[string]any{"tid": "exampleshire"}
	maps.Copy(d.claims[subject], claims)
}

func (d *directory) GetUserByID(id string) *storage.User {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.people[id]
}

func (d *directory) GetUserByUsername(username string) *storage.User {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.people {
		if p.Username == username {
			return p
		}
	}
	return nil
}

func (d *directory) ExampleClientID() string { return "service" }

func (d *directory) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, token op.IDTokenRequest, scopes []string) error {
	err := d.Storage.SetUserinfoFromRequest(ctx, info, token, scopes)
	d.append(info, token.GetSubject())
	return err
}

func (d *directory) append(info *oidc.UserInfo, subject string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k, v := range d.claims[subject] {
		info.AppendClaims(k, v)
	}
}

func (d *directory) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	request, err := d.Storage.AuthRequestByCode(ctx, code)
	d.mu.Lock()
	defer d.mu.Unlock()
	if r, ok := request.(*storage.AuthRequest); ok && d.nonce != "" {
		other := *r
		other.Nonce = d.nonce
		return &other, err
	}
	return request, err
}

// visit goes from an address of ours to the provider, signs in with its form, and
// gives the address that it sends the browser back to.
func (d *directory) visit(s *somebody, from, username string) (callback string) {
	s.t.Helper()
	r := s.get(from)
	if r.status != http.StatusSeeOther {
		s.t.Fatalf("%s: %d %s", from, r.status, document(s.t, r.body).Find("main").Text())
	}
	next := r.header.Get("Location")
	for range 10 {
		if rest, back := strings.CutPrefix(next, "https://onevision.example"); back {
			return rest
		}
		if next = absolute(s.t, d.issuer(), next); !strings.HasPrefix(next, d.issuer()) {
			s.t.Fatalf("sent to %s", next)
		}
		res, err := s.client.Get(next)
		if err != nil {
			s.t.Fatal(err)
		}
		if strings.HasPrefix(res.Request.URL.Path, "/login") && res.StatusCode == http.StatusOK {
			page, err := goquery.NewDocumentFromReader(res.Body)
			res.Body.Close()
			if err != nil {
				s.t.Fatal(err)
			}
			form := page.Find("form")
			values := url.Values{"username": {username}, "password": {directoryPassword}, "id": {form.Find("input[name=id]").AttrOr("value", "")}}
			if res, err = s.client.PostForm(absolute(s.t, next, form.AttrOr("action", "")), values); err != nil {
				s.t.Fatal(err)
			}
		}
		res.Body.Close()
		if next = res.Header.Get("Location"); next == "" {
			s.t.Fatalf("the provider leads nowhere: %d", res.StatusCode)
		}
	}
	s.t.Fatal("the provider never sends the browser back")
	return ""
}

func absolute(t *testing.T, base, to string) string {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	if u, err = u.Parse(to); err != nil {
		t.Fatal(err)
	}
	return u.String()
}

// signIn is the whole way.
func (d *directory) signIn(s *somebody, username string) reply {
	s.t.Helper()
	return s.get(d.visit(s, "/sign-in/organisation?next=%2Faccount", username), "Sec-Fetch-Site", "cross-site")
}

func told(t *testing.T, r reply) string {
	t.Helper()
	return document(t, r.body).Find(".govuk-error-summary__list").Text()
}

// refused asserts that the answer is the form with a sentence that says so, and that
// nobody is signed in there.
func refused(t *testing.T, s *somebody, r reply, words ...string) {
	t.Helper()
	said := told(t, r)
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("%d, told %q, want %q", r.status, said, w)
		}
	}
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", r.status)
	}
	if r := s.get("/account"); r.status != http.StatusSeeOther {
		t.Errorf("somebody is signed in who was refused: %d", r.status)
	}
}

func TestSignInByTheOrganisation(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	h := newFixture(t, d.config())
	accounts := access.NewAccounts(h.pool, time.Now)
	administrator := accesstest.Viewer(access.Administrator)
	scan := func(sql string, into ...any) {
		t.Helper()
		if err := h.pool.QueryRow(t.Context(), sql).Scan(into...); err != nil {
			t.Fatal(err)
		}
	}

	d.person("s-1", "ann", map[string]any{"roles": []any{"OV.Manager", "Payroll"}})
	ann := h.nobody(t)
	form := document(t, ann.get("/sign-in?next=%2Faccount").body)
	if b := form.Find("a.govuk-button"); b.Text() != "Sign in with Exampleshire" || b.AttrOr("href", "") != "/sign-in/organisation?next=%2faccount" || form.Find("input[type=password]").Length() != 1 {
		t.Errorf("the page offers %q to %q", b.Text(), b.AttrOr("href", ""))
	}
	callback := d.visit(ann, "/sign-in/organisation?next=%2Faccount", "ann")
	refused(t, h.nobody(t), h.nobody(t).get(callback), "began in another browser")
	wrongState := strings.Replace(callback, "state=", "state=A", 1)
	refused(t, ann, ann.get(wrongState), "Sign in again")
	if r := ann.get(callback, "Sec-Fetch-Site", "cross-site"); r.status != http.StatusSeeOther || r.header.Get("Location") != "/account" {
		t.Fatalf("signing in: %d %s %s", r.status, r.header.Get("Location"), told(t, r))
	}
	own := document(t, ann.get("/account").body)
	if text := own.Find("main").Text(); !strings.Contains(text, "With Exampleshire") || own.Find("input[name=old]").Length() > 0 || !strings.Contains(own.Find(".app-signed-in").Text(), "Ann Example, manager") {
		t.Errorf("the account's page: %s", text)
	}
	refused(t, h.nobody(t), h.nobody(t).get(callback), "Sign in again") // once more

	var lines int
	scan(`SELECT count(*) FROM audit WHERE action IN ('add-account', 'sign-in') AND account_id = (SELECT id FROM account WHERE username = 'ann' AND email = 'ann@example.org' AND password_hash IS NULL) AND reason = 'by the organisation’s sign-in'`, &lines)
	if lines != 2 {
		t.Errorf("%d lines of the audit", lines)
	}

	t.Run("another role is that of the next sign-in", func(t *testing.T) {
		d.person("s-1", "ann.renamed", map[string]any{"roles": "OV.Director"})
		s := h.nobody(t)
		if r := d.signIn(s, "ann.renamed"); r.status != http.StatusSeeOther {
			t.Fatalf("%d %s", r.status, told(t, r))
		}
		if who := document(t, ann.get("/account").body).Find(".app-signed-in").Text(); !strings.Contains(who, "director") {
			t.Errorf("the other browser is %q", who)
		}
		var fields []string
		scan(`SELECT fields FROM audit WHERE action = 'change-account'`, &fields)
		if strings.Join(fields, " ") != "email role" {
			t.Errorf("changed: %v", fields)
		}
	})

	t.Run("refused", func(t *testing.T) {
		for name, c := range map[string]struct {
			claims map[string]any
			words  string
		}{
			"none":    {nil, "gives you no role in OneVision. Ask the service desk"},
			"unknown": {map[string]any{"roles": []any{"Payroll"}}, "gives you no role"},
			"several": {map[string]any{"roles": []any{"OV.Manager", "OV.Director"}}, "several roles in OneVision (director, manager)"},
			"foreign": {map[string]any{"roles": "OV.Manager", "tid": "elsewhere"}, "of another organisation"},
		} {
			d.person(name, name, c.claims)
			s := h.nobody(t)
			refused(t, s, d.signIn(s, name), c.words)
		}
		var n int
		scan(`SELECT (SELECT count(*) FROM account WHERE username IN ('none', 'unknown', 'several', 'foreign')) + (SELECT count(*) FROM account_identity WHERE subject <> 's-1')`, &n)
		if n != 0 {
			t.Errorf("%d accounts of people who were refused", n)
		}
		scan(`SELECT count(*) FROM audit WHERE action = 'sign-in-refused' AND actor = 'anonymous' AND reason LIKE 'by the organisation%'`, &n)
		if n != 4 {
			t.Errorf("%d lines of refusals", n)
		}
	})

	t.Run("a nonce of another sign-in, and a code of another", func(t *testing.T) {
		one, two := h.nobody(t), h.nobody(t)
		code := absolute(t, "https://x", d.visit(one, "/sign-in/organisation", "ann.renamed"))
		mine, _ := url.Parse(absolute(t, "https://x", d.visit(two, "/sign-in/organisation", "ann.renamed")))
		theirs, _ := url.Parse(code)
		q := mine.Query()
		q.Set("code", theirs.Query().Get("code"))
		refused(t, two, two.get(mine.Path+"?"+q.Encode()), "Sign in again")
		d.mu.Lock()
		d.nonce = "another"
		d.mu.Unlock()
		s := h.nobody(t)
		refused(t, s, d.signIn(s, "ann.renamed"), "cannot be trusted", "(nonce)")
		d.mu.Lock()
		d.nonce = ""
		d.mu.Unlock()
	})

	t.Run("an account of that name is joined by an administrator alone", func(t *testing.T) {
		local, err := accounts.Add(t.Context(), administrator, access.NewAccount{Username: "bob", DisplayName: "Bob Local", Email: "bob@example.org", Role: access.Analyst, Password: goodPassword})
		if err != nil {
			t.Fatal(err)
		}
		d.person("s-2", "bob", map[string]any{"roles": "OV.Manager"})
		s := h.nobody(t)
		refused(t, s, d.signIn(s, "bob"), "There is an account of the name bob", "s-2", "the service desk")
		who := access.Vouched{Issuer: d.issuer(), Tenant: "exampleshire", Subject: "s-2"}
		if err := accounts.Link(t.Context(), accesstest.Viewer(access.Manager), local.ID, who); !errors.Is(err, access.ErrNotAllowed) {
			t.Errorf("a manager links: %v", err)
		}
		if err := accounts.Link(t.Context(), administrator, local.ID, who); err != nil {
			t.Fatal(err)
		}
		if err := accounts.Link(t.Context(), administrator, local.ID, who); !errors.Is(err, access.ErrLinked) {
			t.Errorf("linked twice: %v", err)
		}
		if r := d.signIn(s, "bob"); r.status != http.StatusSeeOther {
			t.Fatalf("%d %s", r.status, told(t, r))
		}
		if now, err := accounts.ByID(t.Context(), local.ID); err != nil || now.Role != access.Manager || now.DisplayName != "Ann Example" {
			t.Errorf("%+v %v", now, err)
		}
		if err := accounts.Disable(t.Context(), administrator, local.ID); err != nil {
			t.Fatal(err)
		}
		if r := s.get("/account"); r.status != http.StatusSeeOther {
			t.Errorf("a session of a disabled account: %d", r.status)
		}
		refused(t, s, d.signIn(s, "bob"), "is disabled. Ask the service desk")
	})

	t.Run("the glass is broken by who signs in again", func(t *testing.T) {
		d.person("s-3", "cat", map[string]any{"roles": "OV.SocialWorker"})
		s := h.nobody(t)
		if r := d.signIn(s, "cat"); r.status != http.StatusSeeOther {
			t.Fatalf("%d %s", r.status, told(t, r))
		}
		brk := func() string {
			return told(t, s.post("/break-glass", url.Values{"child": {"A123456789012"}, "reason": {"the child may be in danger tonight"}}))
		}
		if page := document(t, s.get("/break-glass").body); page.Find("input[type=password]").Length() > 0 || page.Find("a#again").AttrOr("href", "") != "/sign-in/again?next=/break-glass" {
			t.Error("the form asks for a password that there is not")
		}
		if said := brk(); !strings.Contains(said, "Sign in again with Exampleshire first") {
			t.Errorf("without signing in again: %q", said)
		}
		// As somebody else: they are not taken for who is signed in.
		s.get(d.visit(s, "/sign-in/again?next=%2Fbreak-glass", "ann.renamed"))
		if said := document(t, s.get("/break-glass").body).Find(".govuk-inset-text").Text(); !strings.Contains(said, "as somebody else") {
			t.Errorf("as somebody else: %q", said)
		}
		if r := s.get(d.visit(s, "/sign-in/again?next=%2Fbreak-glass", "cat")); r.header.Get("Location") != "/break-glass" {
			t.Fatalf("again: %d %s", r.status, r.header.Get("Location"))
		}
		if said := document(t, s.get("/break-glass").body).Find(".govuk-inset-text").Text(); !strings.Contains(said, "You have signed in again") {
			t.Errorf("again: %q", said)
		}
		if said := brk(); strings.Contains(said, "Sign in again") || said == "" {
			t.Errorf("after signing in again: %q", said)
		}
		if said := brk(); !strings.Contains(said, "Sign in again") {
			t.Errorf("for a second thing: %q", said)
		}
	})

	t.Run("the provider is away", func(t *testing.T) {
		d.server.Close()
		s, back := h.nobody(t), h.nobody(t)
		if r := ann.get("/account"); r.status != http.StatusOK {
			t.Errorf("a session without the provider: %d", r.status)
		}
		if r := s.post("/sign-in", url.Values{"username": {"analyst"}, "password": {goodPassword}, "next": {"/"}}); r.status != http.StatusSeeOther {
			t.Errorf("a password without the provider: %d", r.status)
		}
		d.start(t, nil)
		if r := d.signIn(back, "ann.renamed"); r.status != http.StatusSeeOther {
			t.Errorf("once it is back: %d %s", r.status, told(t, r))
		}
	})
	for _, secret := range []string{"eyJ", "a secret of two", "s-1", "ann", url.QueryEscape("state=")} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// A provider that is not there keeps nobody from the form, and is tried again.
func TestTheOrganisationIsAway(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.person("s-1", "ann", map[string]any{"roles": "OV.Manager"})
	d.server.Close()
	h := newFixture(t, d.config())
	s := h.nobody(t)
	r := s.get("/sign-in/organisation")
	if said := told(t, r); r.status != http.StatusServiceUnavailable || !strings.Contains(said, "The sign-in of Exampleshire cannot be reached at the moment") {
		t.Errorf("%d %q", r.status, said)
	}
	if page := document(t, s.get("/sign-in").body); page.Find("a.govuk-button").Length() != 0 || !strings.Contains(page.Find(".govuk-inset-text").Text(), "cannot be reached") || page.Find("#password").Length() != 1 {
		t.Errorf("the page: %s", page.Find("main").Text())
	}
	d.start(t, nil)
	if r := d.signIn(s, "ann"); r.status != http.StatusSeeOther {
		t.Errorf("once it is there: %d %s", r.status, told(t, r))
	}
	if page := document(t, h.nobody(t).get("/sign-in").body); page.Find("a.govuk-button").Length() != 1 {
		t.Error("the page still says that it cannot be reached")
	}
}

package dashboards

// Passwords, sessions and tokens: one's own on /account, anybody's for who manages
// accounts on /access/accounts.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

func init() {
	register(func(s *site) []route {
		if s.Credentials == nil {
			return nil
		}
		own := []route{
			{method: http.MethodGet, path: "/account", page: s.account},
			{method: http.MethodPost, path: "/account/password", page: s.changePassword},
			{method: http.MethodPost, path: "/account/tokens", page: s.issueToken},
			{method: http.MethodPost, path: "/sign-out/everywhere", page: s.endSessions},
			{method: http.MethodPost, path: "/access/accounts/:id/sign-out", page: s.endSessions, may: access.ManageAccounts},
			{method: http.MethodGet, path: "/access/accounts", page: s.accounts, may: access.ManageAccounts},
			{method: http.MethodGet, path: "/access/accounts/:id", page: s.account, may: access.ManageAccounts},
			{method: http.MethodPost, path: "/access/accounts/:id/password", page: s.resetPassword, may: access.ManageAccounts},
			{method: http.MethodPost, path: "/access/accounts/:id/disable", page: s.disableAccount, may: access.ManageAccounts},
			{method: http.MethodPost, path: "/access/accounts/:id/enable", page: s.enableAccount, may: access.ManageAccounts},
		}
		for base, may := range map[string]access.Permission{"/account": "", "/access/accounts/:id": access.ManageAccounts} {
			own = append(own,
				route{method: http.MethodPost, path: base + "/sessions/:session/end", page: s.endSession, may: may},
				route{method: http.MethodPost, path: base + "/tokens/:token/revoke", page: s.revokeToken, may: may})
		}
		return own
	}, accountPage{}, accountsPage{})
}

// Credentials are accounts and what lets people in: *access.Accounts. Each method
// refuses, with access.ErrNotAllowed, what is neither one's own nor one's to manage.
type Credentials interface {
	List(ctx context.Context, by access.Viewer) ([]access.Account, error)
	// ByID returns access.ErrNoAccount for one that is not there.
	ByID(ctx context.Context, id int64) (access.Account, error)
	Disable(ctx context.Context, by access.Viewer, id int64) error
	Enable(ctx context.Context, by access.Viewer, id int64) error
	// ChangePassword returns access.WeakPassword for a new one that is refused, and for
	// a wrong old one what Authenticate does.
	ChangePassword(ctx context.Context, v access.Viewer, old, new string) error
	ResetPassword(ctx context.Context, by access.Viewer, id int64) (string, error)
	// EndSession returns access.ErrNoSession, and RevokeToken access.ErrToken, for one
	// that is not there.
	EndSession(ctx context.Context, by access.Viewer, account, id int64) error
	EndSessions(ctx context.Context, by access.Viewer, account int64) error
	Tokens(ctx context.Context, by access.Viewer, account int64) ([]access.Token, error)
	IssueScopedToken(ctx context.Context, by access.Viewer, account int64, name string, lifetime time.Duration, scope access.Scoped) (string, error)
	RevokeToken(ctx context.Context, by access.Viewer, account, token int64) error
}

type accountPage struct {
	frame
	Heading  string
	Own      bool
	Looks    bool // there is a page of what one has looked at
	Notice   string
	Secret   string // a new password or token, shown this once
	Problems []formProblem
	Facts    []pair
	Password []formField // of one's own
	Base     string      // of the addresses of what is done here
	SignOut  string      // everywhere
	Disabled bool
	Self     bool // the administrator's own account, which nobody disables themselves
	Sessions []sessionRow
	Tokens   []tokenRow
	Token    []formField // of a new token
	Kinds    []formField // the categories that it may be limited to
}

func (accountPage) file() string { return "account.html" }

type sessionRow struct{ On, Since, Used, End string }

type tokenRow struct{ Name, Scope, Expires, Used, State, Revoke string }

// subject is whose account a page is about, and the beginning of its addresses.
func subject(c echo.Context, v access.Viewer) (id int64, base string, err error) {
	if c.Param("id") == "" {
		return v.Account(), "/account", nil
	}
	id, err = idIn(c, "id")
	return id, "/access/accounts/" + strconv.FormatInt(id, 10), err
}

func (s *site) account(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	return s.showAccount(c, v, http.StatusOK, accountPage{}, "", "")
}

// showAccount shows the page, with what is wrong beside the field.
func (s *site) showAccount(c echo.Context, v access.Viewer, code int, p accountPage, field, text string) error {
	ctx := c.Request().Context()
	id, base, err := subject(c, v)
	if err != nil {
		return err
	}
	account, err := s.Credentials.ByID(ctx, id)
	if errors.Is(err, access.ErrNoAccount) {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	p.Own, p.Base, p.Self, p.Disabled, p.Heading, p.Looks = base == "/account", base, id == v.Account(), !account.Enabled(), "Your account", s.Looks != nil
	if !p.Own {
		p.Heading = account.DisplayName
	}
	if p.SignOut = base + "/sign-out"; p.Own {
		p.SignOut = "/sign-out/everywhere"
	}
	p.Facts = []pair{{"Username", account.Username}, {"Role", sentence(roleName(account.Role))}, {"Email", account.Email}}
	if p.Disabled {
		p.Facts = append(p.Facts, pair{"Disabled since", when(account.DisabledAt)})
	}
	if p.Notice == "" {
		p.Notice = s.Sessions.PopFlash(ctx)
	}
	sessions, err := s.Sessions.SignedIn(ctx, v, id)
	if err != nil {
		return err
	}
	for _, one := range sessions {
		row := sessionRow{On: agentWords(one.Agent), Since: when(one.Since), Used: when(one.Used), End: fmt.Sprintf("%s/sessions/%d/end", base, one.ID)}
		if one.Current {
			row.On, row.End = row.On+" (this browser)", ""
		}
		p.Sessions = append(p.Sessions, row)
	}
	tokens, err := s.Credentials.Tokens(ctx, v, id)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		p.Tokens = append(p.Tokens, tokenRowOf(t, base, s.Now()))
	}
	if p.Own {
		organisational, err := s.organisational(c, v)
		if err != nil {
			return err
		}
		p.Password = []formField{{Kind: "password", Name: "old", Label: "Password"},
			{Kind: "new-password", Name: "new", Label: "New password", Hint: "At least 12 characters. Three words that do not belong together make a good one; the authority’s name, a year or one word twice do not."}}
		if organisational { // there is none to change
			p.Password = nil
			p.Facts = append(p.Facts, pair{"Signs in", "With " + s.Organisation.Name()})
		}
		if p.Token == nil {
			p.Token, p.Kinds = tokenFields(v, nil)
		}
	}
	if field != "" {
		p.Problems = append(wrongIn(p.Password, field, text), wrongIn(p.Token, field, text)...)
		if p.Problems == nil {
			p.Problems = []formProblem{{"", text}}
		}
	}
	p.frame = s.frame(c, v, titled(p.Heading, field != ""))
	return s.render(c, code, p)
}

// wrongIn is wrong for a field that may be of another form on the page.
func wrongIn(fields []formField, field, text string) []formProblem {
	for _, f := range fields {
		if f.Name == field {
			return wrong(fields, field, text)
		}
	}
	return nil
}

func tokenFields(v access.Viewer, given func(name string) string) (fields, kinds []formField) {
	if given == nil {
		given = func(string) string { return "" }
	}
	for _, c := range access.Categories() {
		if c != access.Organisation && v.Reads(c) {
			kinds = append(kinds, formField{Kind: "checkbox", Name: "category-" + string(c), Label: categoryName(c), Value: given("category-" + string(c))})
		}
	}
	days := given("days")
	if days == "" {
		days = "90"
	}
	return []formField{{Name: "name", Label: "What the token is for", Value: given("name")}, {Name: "days", Label: "For how many days", Hint: "At most 366.", Value: days, Short: true},
		{Kind: "checkbox", Name: "read-only", Label: "It reads only", Value: given("read-only")}}, kinds
}

func categoryName(c access.Category) string {
	if c == access.SEN {
		return "SEN"
	}
	return sentence(strings.ReplaceAll(string(c), "_", " "))
}

func tokenRowOf(t access.Token, base string, now time.Time) tokenRow {
	row := tokenRow{Name: t.Name, Scope: "All that the account may", Expires: when(t.ExpiresAt), Used: "Never", State: "Valid", Revoke: fmt.Sprintf("%s/tokens/%d/revoke", base, t.ID)}
	if t.Scope.Categories != nil {
		var names []string
		for _, c := range t.Scope.Categories {
			names = append(names, categoryName(c))
		}
		row.Scope = strings.Join(names, ", ")
	}
	if t.Scope.ReadOnly {
		row.Scope += "; reads only"
	}
	if !t.LastUsedAt.IsZero() {
		row.Used = when(t.LastUsedAt)
	}
	switch {
	case !t.RevokedAt.IsZero():
		row.State, row.Revoke = "Revoked "+when(t.RevokedAt), ""
	case !t.ExpiresAt.After(now):
		row.State, row.Revoke = "Expired", ""
	}
	return row
}

// agentWords is the browser and the system that a browser says it is.
func agentWords(agent string) string {
	name := func(of ...[2]string) string {
		for _, n := range of {
			if strings.Contains(agent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	browser := name([2]string{"Edg/", "Edge"}, [2]string{"Firefox/", "Firefox"}, [2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := name([2]string{"Windows", "Windows"}, [2]string{"Android", "Android"}, [2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Mac OS", "macOS"}, [2]string{"Linux", "Linux"})
	switch {
	case browser == "":
		return "Another browser"
	case system == "":
		return browser
	}
	return browser + " on " + system
}

func (s *site) changePassword(c echo.Context, v access.Viewer) error {
	ctx := c.Request().Context()
	refuse := func(field, text string) error {
		return s.showAccount(c, v, http.StatusUnprocessableEntity, accountPage{}, field, text)
	}
	if c.FormValue("old") == "" {
		return refuse("old", "Enter your password")
	}
	err := s.Credentials.ChangePassword(ctx, v, c.FormValue("old"), c.FormValue("new"))
	var weak access.WeakPassword
	var throttled access.Throttled
	switch {
	case errors.As(err, &weak):
		return refuse("new", sentence(weak.Why))
	case errors.As(err, &throttled):
		return refuse("old", "There were too many wrong passwords. Wait "+waiting(throttled.Wait)+", then try again")
	case errors.Is(err, access.ErrSignIn):
		return refuse("old", "The password is not right")
	case err != nil:
		return err
	}
	if err := s.Sessions.SignIn(ctx, v); err != nil {
		return err
	}
	if err := s.keepDevice(c, v); err != nil {
		return err
	}
	s.Sessions.PutFlash(ctx, "Your password is changed. You are signed out everywhere else, and your tokens are revoked.")
	return c.Redirect(http.StatusSeeOther, "/account")
}

func (s *site) issueToken(c echo.Context, v access.Viewer) error {
	ctx := c.Request().Context()
	p := accountPage{}
	p.Token, p.Kinds = tokenFields(v, c.FormValue)
	days, err := strconv.Atoi(strings.TrimSpace(c.FormValue("days")))
	if err != nil || days < 1 || days > int(access.LongestToken/(24*time.Hour)) {
		return s.showAccount(c, v, http.StatusUnprocessableEntity, p, "days", "Give a number of days from 1 to 366")
	}
	name := strings.TrimSpace(c.FormValue("name"))
	if name == "" || utf8.RuneCountInString(name) > 100 || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
		return s.showAccount(c, v, http.StatusUnprocessableEntity, p, "name", "Say what the token is for, in at most 100 letters")
	}
	scope := access.Scoped{ReadOnly: c.FormValue("read-only") != ""}
	for _, category := range access.Categories() {
		if c.FormValue("category-"+string(category)) != "" {
			scope.Categories = append(scope.Categories, category)
		}
	}
	secret, err := s.Credentials.IssueScopedToken(ctx, v, v.Account(), name, time.Duration(days)*24*time.Hour, scope)
	if err != nil {
		return err
	}
	return s.showAccount(c, v, http.StatusOK, accountPage{Notice: "The new token. Keep it now: it is not shown again.", Secret: secret}, "", "")
}

type accountsPage struct {
	frame
	Rows []accountRow
}

func (accountsPage) file() string { return "accounts.html" }

type accountRow struct{ Href, Name, Username, Role, State string }

func (s *site) accounts(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	list, err := s.Credentials.List(c.Request().Context(), v)
	if err != nil {
		return err
	}
	p := accountsPage{frame: s.frame(c, v, "Accounts")}
	for _, a := range list {
		row := accountRow{Href: fmt.Sprintf("/access/accounts/%d", a.ID), Name: a.DisplayName, Username: a.Username, Role: sentence(roleName(a.Role)), State: "May sign in"}
		if !a.Enabled() {
			row.State = "Disabled since " + when(a.DisabledAt)
		}
		p.Rows = append(p.Rows, row)
	}
	return s.render(c, http.StatusOK, p)
}

func (s *site) resetPassword(c echo.Context, v access.Viewer) error {
	id, err := idIn(c, "id")
	if err != nil {
		return err
	}
	password, err := s.Credentials.ResetPassword(c.Request().Context(), v, id)
	if errors.Is(err, access.ErrNoAccount) {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	if id == v.Account() { // whose session has ended with the others
		if err := s.Sessions.SignIn(c.Request().Context(), v); err != nil {
			return err
		}
	}
	return s.showAccount(c, v, http.StatusOK, accountPage{Notice: "The new password. Give it to the person now, and ask them to change it: it is not shown again.", Secret: password}, "", "")
}

func (s *site) disableAccount(c echo.Context, v access.Viewer) error {
	return s.onAccount(c, v, "The account is disabled, signed out everywhere, and its tokens are revoked.", s.Credentials.Disable)
}

func (s *site) enableAccount(c echo.Context, v access.Viewer) error {
	return s.onAccount(c, v, "The account may sign in again.", s.Credentials.Enable)
}

func (s *site) endSessions(c echo.Context, v access.Viewer) error {
	said, err := s.signedOutWords(c, v)
	if err != nil {
		return err
	}
	return s.onAccount(c, v, said, s.Credentials.EndSessions)
}

// signedOutWords say, too, how many tokens still let a program in.
func (s *site) signedOutWords(c echo.Context, v access.Viewer) (string, error) {
	id, _, err := subject(c, v)
	if err != nil {
		return "", err
	}
	tokens, err := s.Credentials.Tokens(c.Request().Context(), v, id)
	if errors.Is(err, access.ErrNotAllowed) {
		return "", echo.ErrNotFound
	}
	valid := 0
	for _, t := range tokens {
		if t.RevokedAt.IsZero() && t.ExpiresAt.After(s.Now()) {
			valid++
		}
	}
	if err != nil || valid == 0 {
		return "Signed out everywhere.", err
	}
	return "Signed out everywhere. " + count(valid, "token is", "tokens are") + " still valid: revoke what should end too.", nil
}

func (s *site) endSession(c echo.Context, v access.Viewer) error {
	return s.onAccount(c, v, "That session has ended.", func(ctx context.Context, by access.Viewer, account int64) error {
		id, err := idIn(c, "session")
		if err != nil {
			return err
		}
		return s.Credentials.EndSession(ctx, by, account, id)
	})
}

func (s *site) revokeToken(c echo.Context, v access.Viewer) error {
	return s.onAccount(c, v, "The token is revoked.", func(ctx context.Context, by access.Viewer, account int64) error {
		id, err := idIn(c, "token")
		if err != nil {
			return err
		}
		return s.Credentials.RevokeToken(ctx, by, account, id)
	})
}

// onAccount does something to the account that the page is about, and goes back to
// it. What is not there, or not the viewer's to do, is not found.
func (s *site) onAccount(c echo.Context, v access.Viewer, said string, do func(ctx context.Context, by access.Viewer, account int64) error) error {
	ctx := c.Request().Context()
	id, base, err := subject(c, v)
	if err != nil {
		return err
	}
	err = do(ctx, v, id)
	for _, missing := range []error{access.ErrNoAccount, access.ErrNoSession, access.ErrToken, access.ErrNotAllowed} {
		if errors.Is(err, missing) {
			return echo.ErrNotFound
		}
	}
	if err != nil {
		return err
	}
	s.Sessions.PutFlash(ctx, said)
	return c.Redirect(http.StatusSeeOther, base)
}

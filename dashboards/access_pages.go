package dashboards

// The one place in the menu from which the pages about access are reached: accounts,
// restricted records, reviews, who looked at whom.

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

func init() {
	register(func(s *site) []route {
		if s.Restrictions == nil {
			return nil
		}
		return []route{{method: http.MethodGet, path: "/access", page: s.accessPages, may: access.RestrictRecords, menu: "Access", place: 65}}
	}, accessPage{})
}

// accessParts are the pages that /access leads to, with what they are for; a viewer
// sees those that are there and that they may open.
var accessParts = []struct{ path, title, text string }{
	{"/access/accounts", "Accounts", "Who may sign in: passwords, sessions and tokens."},
	{"/access/restrictions", "Restricted records", "Children who exist for a named few only: adopted, confidential, the families of staff, sensitive."},
	{"/access/break-glass", "Break-glass reviews", "Who opened a record that was not theirs to see, why, and what the review came to."},
	{"/access/looks", "Who has looked at a child", "Every look, search, list and change that one child was in."},
}

type accessPage struct {
	frame
	Parts []accessPart
}

func (accessPage) file() string { return "access.html" }

type accessPart struct{ Href, Title, Text string }

func (s *site) accessPages(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	p := accessPage{frame: s.frame(c, v, "Access")}
	for _, part := range accessParts {
		for _, r := range s.routes {
			if r.method == http.MethodGet && r.path == part.path && v.May(r.may) {
				p.Parts = append(p.Parts, accessPart{part.path, part.title, part.text})
			}
		}
	}
	return s.render(c, http.StatusOK, p)
}

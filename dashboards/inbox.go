package dashboards

// The demo's mailbox: the mail that alerts sent.

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

func init() {
	register(func(s *site) []route {
		if s.Inbox == nil {
			return nil
		}
		return []route{
			{method: http.MethodGet, path: "/inbox", page: s.inbox, menu: "Demo mail", place: 90},
			{method: http.MethodGet, path: "/inbox/:mail", page: s.mail},
			{method: http.MethodGet, path: "/inbox/:mail/html", page: s.mailHTML},
		}
	}, inboxPage{}, mailPage{})
}

// inboxPage is the mail that the demo sent to itself.
type inboxPage struct {
	frame
	Mails []mailLine
}

func (inboxPage) file() string { return "inbox.html" }

type mailLine struct{ Href, Subject, To, Received string }

type mailPage struct {
	frame
	Subject, From, To, Received string
	Text                        string
	HTML                        string // address of the HTML part, "" without one
}

func (mailPage) file() string { return "mail.html" }

func (s *site) inbox(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	mails, err := s.Inbox.Mails(c.Request().Context())
	if err != nil {
		return fmt.Errorf("read the inbox: %w", err)
	}
	p := inboxPage{frame: s.frame(c, v, "Demo mail")}
	for _, m := range mails {
		p.Mails = append(p.Mails, mailLine{Href: "/inbox/" + m.ID, Subject: m.Subject, To: m.To, Received: when(m.Received)})
	}
	return s.render(c, http.StatusOK, p)
}

func (s *site) mail(c echo.Context, v access.Viewer) error {
	m, err := s.Inbox.Mail(c.Request().Context(), c.Param("mail"))
	if err != nil {
		return fmt.Errorf("read mail: %w", err)
	}
	p := mailPage{frame: s.frame(c, v, m.Subject), Subject: m.Subject, From: m.From, To: m.To, Received: when(m.Received), Text: m.Text}
	if m.HTML != "" {
		p.HTML = "/inbox/" + m.ID + "/html"
	}
	c.Response().Header().Set("Content-Security-Policy", framing)
	return s.render(c, http.StatusOK, p)
}

// mailHTML is the HTML part alone, for the frame of the page: it is not ours,
// so it runs nothing, loads nothing and belongs to no origin.
func (s *site) mailHTML(c echo.Context, _ access.Viewer) error {
	m, err := s.Inbox.Mail(c.Request().Context(), c.Param("mail"))
	if err != nil {
		return fmt.Errorf("read mail: %w", err)
	}
	if m.HTML == "" {
		return ErrNoMail
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", mailPolicy)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	return c.HTML(http.StatusOK, m.HTML)
}

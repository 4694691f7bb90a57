package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"

	"onevision/alerts"
	"onevision/cmd/app"
)

// serveCommand runs the server.
type serveCommand struct {
	Listen    string   `default:"127.0.0.1:8080" help:"Address of the web server. Put a reverse proxy with TLS in front of it." env:"ONEVISION_LISTEN"`
	PublicURL string   `name:"public-url" help:"Where people reach this server; links in mails begin with it." placeholder:"URL" env:"ONEVISION_PUBLIC_URL"`
	Proxy     []string `help:"Address or network of a reverse proxy that is believed when it says whom a request is from (X-Forwarded-For)." placeholder:"ADDR" env:"ONEVISION_PROXY"`
	Contact   string   `help:"Whom to tell of a barrier to access, for the accessibility statement." env:"ONEVISION_CONTACT"`

	MetricsListen string `name:"metrics-listen" help:"Address of this machine for metrics in Prometheus' format, such as 127.0.0.1:9464. Default: none." placeholder:"ADDR" env:"ONEVISION_METRICS_LISTEN"`

	ImportFolder string `name:"import-folder" help:"Folder whose files are imported as they come, and moved to done or failed within it, with a report." placeholder:"DIR" env:"ONEVISION_IMPORT_FOLDER"`

	TakeOver bool `name:"take-over" help:"If another program serves the same database, stop it and serve instead."`

	// The secret stands in the environment, since a flag would be in every process list.
	Webhook       map[string]string `help:"System that is told of every alert's beginning and end, as JSON signed with ONEVISION_WEBHOOK_SECRET (at least 24 bytes)." placeholder:"NAME=URL"`
	WebhookSecret string            `name:"webhook-secret" hidden:"" env:"ONEVISION_WEBHOOK_SECRET"`

	mailFlags `embed:""`
	oidcFlags `embed:""`
}

func (s *serveCommand) Run(ctx context.Context, c *cli) error {
	place := c.place(c.log())
	place.Serve, place.TakeOver = true, s.TakeOver
	g, err := app.Open(ctx, place)
	if err != nil {
		return err
	}
	return errors.Join(s.run(ctx, c, g), g.Close())
}

func (s *serveCommand) run(ctx context.Context, c *cli, g *app.Environment) error {
	if g.Shared() {
		return fmt.Errorf("another program runs on %s: stop it, or choose another folder with --data", g.Data)
	}
	h, err := app.New(ctx, g, app.Options{
		Place: g.Place, Listen: s.Listen, PublicURL: s.PublicURL, Contact: s.Contact, Metrics: s.MetricsListen, ImportFolder: s.ImportFolder, Proxies: s.Proxy, Log: c.log(),
		Mail: s.mail(), Webhooks: s.webhooks(), Organisation: s.oidcFlags.config(s.PublicURL),
	})
	if err != nil {
		return err
	}
	fmt.Printf("Serving at %s\n", h.PublicURL)
	if at := h.MetricsAddress(); at != "" {
		fmt.Printf("Metrics at http://%s/metrics\n", at)
	}
	return errors.Join(h.Run(ctx), h.Close())
}

func (s *serveCommand) webhooks() (list []alerts.Webhook) {
	for _, name := range slices.Sorted(maps.Keys(s.Webhook)) {
		list = append(list, alerts.Webhook{Name: name, URL: s.Webhook[name], Secret: []byte(s.WebhookSecret)})
	}
	return list
}

// mailFlags are the mail server's, of every command that talks to it.
type mailFlags struct {
	SMTPHost     string `name:"smtp-host" default:"localhost" help:"Mail server that alerts go to. While none answers, they wait." env:"ONEVISION_SMTP_HOST"`
	SMTPPort     int    `name:"smtp-port" help:"Default: 587; 465 with implicit TLS; 25 without." env:"ONEVISION_SMTP_PORT"`
	SMTPTLS      string `name:"smtp-tls" enum:",required,implicit,none" default:"" help:"required (STARTTLS), implicit or none. Default: required, but none to this machine itself." env:"ONEVISION_SMTP_TLS"`
	SMTPUser     string `name:"smtp-user" env:"ONEVISION_SMTP_USER" help:"Its password comes from the environment, ONEVISION_SMTP_PASSWORD: a flag would be in every process list."`
	SMTPPassword string `name:"smtp-password" hidden:"" env:"ONEVISION_SMTP_PASSWORD"`
	MailFrom     string `name:"mail-from" default:"onevision@localhost" help:"Sender of alerts." env:"ONEVISION_MAIL_FROM"`
	MailReplyTo  string `name:"mail-reply-to" help:"Where answers to alerts go. Default: to their sender." placeholder:"ADDRESS" env:"ONEVISION_MAIL_REPLY_TO"`
}

func (s *mailFlags) mail() alerts.Mail {
	m := alerts.Mail{Host: s.SMTPHost, Port: s.SMTPPort, TLS: alerts.TLS(s.SMTPTLS), User: s.SMTPUser, Password: s.SMTPPassword, From: s.MailFrom, ReplyTo: s.MailReplyTo}
	if m.TLS == "" && (m.Host == "localhost" || net.ParseIP(m.Host).IsLoopback()) {
		m.TLS = alerts.TLSNone
	}
	return m
}

package main

import (
	"context"
	"errors"
	"fmt"

	"onevision/alerts"
	"onevision/cmd/house"
)

// serveCommand runs the server.
type serveCommand struct {
	Listen    string `default:"127.0.0.1:8080" help:"Address of the web server. Put a reverse proxy with TLS in front of it." env:"ONEVISION_LISTEN"`
	PublicURL string `name:"public-url" help:"Where people reach this server; links in mails begin with it." placeholder:"URL" env:"ONEVISION_PUBLIC_URL"`
	Contact   string `help:"Whom to tell of a barrier to access, for the accessibility statement." env:"ONEVISION_CONTACT"`

	SMTPHost     string `name:"smtp-host" help:"Mail server. Without one, alerts wait." env:"ONEVISION_SMTP_HOST"`
	SMTPPort     int    `name:"smtp-port" default:"587" env:"ONEVISION_SMTP_PORT"`
	SMTPUser     string `name:"smtp-user" env:"ONEVISION_SMTP_USER"`
	SMTPPassword string `name:"smtp-password" env:"ONEVISION_SMTP_PASSWORD"`
	MailFrom     string `name:"mail-from" default:"onevision@localhost" help:"Sender of alerts." env:"ONEVISION_MAIL_FROM"`
}

func (s *serveCommand) Run(ctx context.Context, c *cli) error {
	log := c.log()
	g, err := house.Stand(ctx, c.place(log))
	if err != nil {
		return err
	}
	return errors.Join(s.run(ctx, c, g), g.Close())
}

func (s *serveCommand) run(ctx context.Context, c *cli, g *house.Ground) error {
	if g.Shared() {
		return fmt.Errorf("another program runs on %s: stop it, or choose another folder with --data", g.Data)
	}
	h, err := house.Build(ctx, g, house.Options{
		Place: g.Place, Listen: s.Listen, PublicURL: s.PublicURL, Contact: s.Contact, Log: c.log(),
		Mail: alerts.Mail{Host: s.SMTPHost, Port: s.SMTPPort, User: s.SMTPUser, Password: s.SMTPPassword, From: s.MailFrom},
	})
	if err != nil {
		return err
	}
	fmt.Printf("Serving at %s\n", h.PublicURL)
	return errors.Join(h.Run(ctx), h.Close())
}

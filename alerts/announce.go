package alerts

// The letters that no rule writes: that somebody broke the glass, that files have not
// come.

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// TellOfGlass writes to those who review that somebody broke the glass, in the
// transaction that breaks it; the mail worker sends it once that is committed. The
// letter names nobody and leads to the page of the review.
func (a *Alerts) TellOfGlass(ctx context.Context, tx pgx.Tx, accounts []int64, broken int64) error {
	l := letter{Subject: "Somebody broke the glass: please review it", Heading: "Somebody broke the glass", ReplyTo: a.replyTo,
		Lead:    "Somebody asked to see a record that is not theirs to see. They gave a reason, and it closes after four hours. Who it was, and whose record, stands on the page of the review.",
		Actions: []action{{"Review it", a.address(fmt.Sprintf("/access/break-glass/%d", broken))}},
		Why:     []string{"You get this letter because you are an information governance officer."}}
	return a.announce(ctx, tx, "break-glass", "glass.", accounts, l)
}

// TellOfFiles writes to those who operate the system that files which came regularly
// have stopped coming, each with a sentence, in the transaction that notes it.
func (a *Alerts) TellOfFiles(ctx context.Context, tx pgx.Tx, accounts []int64, late []string) error {
	l := letter{Subject: "Files that come regularly have not come", Heading: "Files have not come",
		Lead:    strings.Join(late, " ") + " Figures that rest on them stay as they were: see whether the other system sends still, and what stands in the folder failed of the import folder.",
		Actions: []action{{"See which files came", a.address("/system")}},
		Why:     []string{"You get this letter because you operate the system. It is written once for each file that does not come."}}
	return a.announce(ctx, tx, "files", "files.", accounts, l)
}

// announce writes the letter to each account; its ids begin with idBegins.
func (a *Alerts) announce(ctx context.Context, tx pgx.Tx, reason, idBegins string, accounts []int64, l letter) error {
	plain, html, err := l.write()
	if err != nil {
		return err
	}
	for _, account := range accounts {
		_, err := tx.Exec(ctx, `/* alerts.announce */
			INSERT INTO alert_message (reason, account_id, message_id, subject, body_text, body_html, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			reason, account, a.newMessageID(idBegins), l.Subject, plain, html, a.now())
		if err != nil {
			return fmt.Errorf("write a message to account %d: %w", account, err)
		}
	}
	return nil
}

// newMessageID is a message's own: it is kept with it, so that a mail client shows
// one that came twice once.
func (a *Alerts) newMessageID(begins string) string {
	return begins + strings.ToLower(rand.Text()) + "@" + heloName(a.public.Hostname())
}

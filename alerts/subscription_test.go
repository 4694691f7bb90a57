package alerts

import (
	"context"
	"errors"
	"strings"
	"testing"

	"onevision/access"
	"onevision/access/accesstest"
)

// What is due is sent once, with figures only to whoever sees published ones; a failure
// reaches its owner; whoever is no longer let in gets nothing.
func TestSubscriptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people := map[string]access.Viewer{}
	for name, role := range map[string]access.Role{"director": access.Director, "councillor": access.LeadMember, "gone": access.Manager, "unlucky": access.Analyst} {
		a, err := w.acc.Add(t.Context(), accesstest.Viewer(access.Administrator), access.NewAccount{Username: name, DisplayName: name, Email: name + "@example.gov.uk", Role: role})
		if err != nil {
			t.Fatal(err)
		}
		if people[name], err = w.acc.Viewer(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.Subscribe(t.Context(), people[name], Subscription{What: "dashboard", Name: "Mine", Schedule: Schedules[1].Cron}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Subscribe(t.Context(), people["councillor"], Subscription{What: "workbook", Name: "All", Schedule: Schedules[1].Cron}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a workbook for whoever may not export: %v", err)
	}
	contents := func(_ context.Context, v access.Viewer, s Subscription) (Contents, error) {
		if v.Account() == people["unlucky"].Account() {
			return Contents{}, errors.New("no such measure")
		}
		return Contents{Page: "/", Filters: []string{"Unauthorised absence"}, Figures: [][3]string{{"Unauthorised absence", "3.4%", "October 2026"}}}, nil
	}
	send := func(a *Alerts) {
		t.Helper()
		if err := a.SendSubscriptions(t.Context(), contents); err != nil {
			t.Fatal(err)
		}
	}
	letters := func() map[string]string {
		t.Helper()
		out := map[string]string{}
		rows, err := w.pool.Query(t.Context(), `SELECT c.username, m.subject || ' ' || m.body_text || m.body_html FROM alert_message m JOIN account c ON c.id = m.account_id WHERE m.reason = 'subscription'`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var who, text string
			if err := rows.Scan(&who, &text); err != nil {
				t.Fatal(err)
			}
			if out[who] != "" {
				t.Errorf("%s got two", who)
			}
			out[who] = text
		}
		return out
	}
	send(w.Alerts)
	if got := letters(); len(got) != 0 {
		t.Errorf("before it is due: %v", got)
	}
	if err := w.acc.Disable(t.Context(), accesstest.Viewer(access.Administrator), people["gone"].Account()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.pool.Exec(t.Context(), `UPDATE alert_subscription SET next_at = now() - interval '20 days'`); err != nil {
		t.Fatal(err)
	}
	send(w.Alerts)
	send(w.another(w.inbox.Port()))
	got := letters()
	if len(got) != 3 {
		t.Errorf("letters to %d", len(got))
	}
	if text := got["director"]; !strings.Contains(text, "Shows: Unauthorised absence") || strings.Contains(text, "3.4") || !strings.Contains(text, "https://onevision.example.gov.uk/subscriptions") {
		t.Errorf("to whoever sees exact figures: %s", text)
	}
	if text := got["councillor"]; !strings.Contains(text, "3.4%") || !strings.Contains(text, "October 2026") {
		t.Errorf("to whoever sees published figures: %s", text)
	}
	if text := got["unlucky"]; !strings.Contains(text, "could not be sent") {
		t.Errorf("of a failure: %s", text)
	}
	own, err := w.Subscriptions(t.Context(), people["unlucky"])
	if err != nil || len(own) != 1 || own[0].LastError == "" || own[0].LastAt.IsZero() {
		t.Fatalf("%+v %v", own, err)
	}
	if err := w.EndSubscription(t.Context(), people["director"], own[0].ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("another's is ended: %v", err)
	}
	if err := w.EndSubscription(t.Context(), people["unlucky"], own[0].ID); err != nil {
		t.Error(err)
	}
}

package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Contact is a contact about a child with the front door of children's social care.
type Contact struct {
	Meta
	Child         string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Date          Date   `json:"date" is:"fact required past" title:"Received" doc:"The day on which it was received."`
	ContactSource string `json:"contact_source" codes:"referral_source" is:"fact required" title:"Source" doc:"Who made the contact."`
	DecisionDate  Date   `json:"decision_date,omitzero" is:"fact past" title:"Decided" doc:"The day on which it was decided what to do."`
	Outcome       string `json:"outcome,omitempty" codes:"contact_outcome" on:"decision_date" is:"fact" doc:"What was decided."`
	Case          string `json:"case,omitempty" column:"case_id" ref:"social-care-case" is:"fact" doc:"The case that it led to or belongs to, if any."`
	Referrer      string `json:"referrer,omitempty" doc:"The name of who made it."`
}

var contactKind = define[Contact](Kind{
	Name: "contact", Plural: "contacts", Title: "Contact", Table: "contact", Category: access.SocialCare,
	starts:  []clockStart{{clock: "contact-decision", on: "date", not: SourceSocialCare}},
	stops:   []clockStop{{clock: "contact-decision", on: "decision_date", same: true}},
	natural: []string{"child", "date", "contact_source"},
	Doc:     "A contact about a child with the front door of children's social care.",
	unborn:  true,
})

var (
	contactUndecided   = rule("contact", "outcome", Required, "a contact that was decided says how", "Annex A, list 1")
	contactUndated     = rule("contact", "decision_date", Required, "must be given with the outcome", "Annex A, list 1")
	contactDecided     = rule("contact", "decision_date", DateOrder, "is before the contact was received: correct one of them", "Annex A, list 1")
	contactLedNowhere  = rule("contact", "case", Required, "a contact that became a referral names the case", "Standard Safeguarding Dataset, contacts")
	contactBeforehand  = rule("contact", "date", DateOrder, "is after the case was referred that it led to: correct one of them", "Standard Safeguarding Dataset, contacts")
	contactOfOtherCase = rule("contact", "case", NoSuchRecord, "this child has no such social-care case: give the id of one of the child's own", "Standard Safeguarding Dataset, contacts")
)

// Validate wants the decision and its day together.
func (c *Contact) Validate(p *Problems) {
	p.BreakIf(c.Outcome == "" && !c.DecisionDate.IsZero(), contactUndecided)
	p.BreakIf(c.Outcome != "" && c.DecisionDate.IsZero(), contactUndated)
	p.BreakIf(!c.DecisionDate.IsZero() && c.DecisionDate.Before(c.Date), contactDecided)
	p.BreakIf(c.Outcome == "cin-referral" && c.Case == "", contactLedNowhere)
}

// check wants a contact to come before the case that it led to.
func (c *Contact) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if c.Case == "" || p.On("case") || p.On("date") {
		return nil
	}
	var known, later bool
	err := tx.QueryRow(ctx, `/* records.Contact.check */ SELECT coalesce(bool_or(true), false), coalesce(bool_or(from_date < $3), false) FROM social_care_case WHERE id = $1 AND child_id = $2`,
		key(c.Case), c.child, c.Date).Scan(&known, &later)
	if err != nil {
		return fmt.Errorf("look at case %s: %w", c.Case, err)
	}
	p.BreakIf(!known, contactOfOtherCase)
	p.BreakIf(later && c.Outcome == "cin-referral", contactBeforehand)
	return nil
}

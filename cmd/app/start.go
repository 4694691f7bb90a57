package app

// What a new authority still lacks before it sees its own figures, and the next
// step for each: one list, for the administrator's page and for the command line.

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/alerts"
	"onevision/dashboards"
	"onevision/indicators"
	"onevision/records/intake"
	"onevision/records/schema"
)

// startCounts is what the record store holds, as far as the list needs it.
type startCounts struct {
	authority, code                  string
	halfTerms, holidays              int
	schools, postcodes               int
	population                       int // the year of the latest estimate, 0 none
	people, administrators           int
	responsible, covered             int
	pupils, enrolled, marks, returns int
	targets, rules                   int
	wholeAuthority                   bool
	lastMark                         *time.Time
}

// StartSteps is the list, in the order in which the steps are best taken.
func StartSteps(ctx context.Context, pool *pgxpool.Pool, mail alerts.Mail, now time.Time) ([]dashboards.StartStep, error) {
	today := now.In(indicators.London())
	year := today.Year()
	if today.Month() < time.September {
		year--
	}
	c, err := count(ctx, pool, year, today)
	if err != nil {
		return nil, fmt.Errorf("count what is there: %w", err)
	}
	academic := fmt.Sprintf("%d/%02d", year, (year+1)%100)
	steps := []dashboards.StartStep{
		step("Authority", strings.TrimSpace(c.authority+" "+c.code), c.authority == "Your authority" || c.code == "",
			"The authority's name or its code is not set: pages and mails need the name, the register of schools and published figures the code.", `onevision start --authority "Exampleshire County Council" --code E10000003`, ""),
		step("Code tables", "shipped with the program, with their dates", false, "", "", ""),
		step("Half terms", things(c.halfTerms, "half term")+" of "+academic, c.halfTerms < 6,
			"No half terms, or not all six, are recorded for "+academic+": figures by half term and the school year to date are not there until they are.", calendarCommand("half-terms", "half-terms.csv"), ""),
		step("Bank holidays", things(c.holidays, "bank holiday")+" of "+fmt.Sprint(today.Year()), c.holidays == 0,
			"No bank holidays are recorded for "+fmt.Sprint(today.Year())+": working days would be counted wrong.", calendarCommand("bank-holidays", "bank-holidays.json"), ""),
		step("Schools", things(c.schools, "open school"), c.schools == 0,
			"Nobody can be enrolled before there are schools.", formatCommand("schools", "edubasealldata.csv", "POST /api/v1/schools/bulk"), ""),
		step("Postcodes", things(c.postcodes, "postcode")+" with a district", c.postcodes == 0,
			"Addresses have no district until the postcode directory is there: figures by district stay empty.", formatCommand("postcodes", "ONSPD_UK.csv", ""), ""),
		step("Population", estimate(c.population), c.population == 0,
			"No population is recorded: figures for each 10,000 children are not there until it is.", formatCommand("population", "population.csv", "POST /api/v1/populations/bulk"), ""),
		step("People", things(c.people, "account")+", "+things(c.administrators, "administrator"), c.people-c.administrators < 1 || c.administrators == 0,
			"Somebody must be able to sign in: an administrator, and those who read the figures.", `onevision user add NAME --name "Their Name" --role director --email NAME@example.gov.uk`, ""),
		step("Responsibilities", things(c.responsible, "person")+" to be told, for "+things(c.covered, "school or team")+wholly(c.wholeAuthority), c.responsible == 0 || !c.wholeAuthority,
			"Nobody answers for the whole authority: an alert about a school or team that nobody answers for would reach nobody.", "onevision responsibility add NAME authority", "/responsibilities"),
		step("Pupils and enrolments", things(c.pupils, "child")+", "+things(c.enrolled, "current enrolment"), c.enrolled == 0,
			"There are no enrolments: marks and results find nobody.", formatCommand("pupils", "pupils.csv", "POST /api/v1/children/bulk, then /api/v1/enrolments/bulk"), ""),
		step("Marks", marksSentence(c), c.marks == 0,
			"No attendance marks have been received.", "onevision import attendance FILE...", ""),
		step("Returns", things(c.returns, "looked-after period"), c.returns == 0,
			"No SSDA903 return has been read: figures about children in care are not there until it is.", "onevision import ssda903 HEADER EPISODES REVIEWS", ""),
		step("Targets", things(c.targets, "target"), c.targets == 0,
			"Without a target no figure is on or off it.", "edit indicators/library/targets.yaml, then onevision indicators check", ""),
		step("Alert rules", things(c.rules, "rule")+" in force", c.rules == 0,
			"No alert will be sent. The first rule is made when the server first runs.", "onevision serve", "/alerts"),
		step("Mail", mailSentence(mail), mail.Host == "" || mail.From == "onevision@localhost",
			"Alerts are sent from onevision@localhost, which other mail servers refuse.", "onevision serve --smtp-host mail.example.gov.uk --mail-from onevision@example.gov.uk, then onevision doctor", ""),
		step("Sign-in", "with username and password", false, "", "", ""),
	}
	return steps, nil
}

func step(title, have string, lacking bool, missing, command, href string) dashboards.StartStep {
	s := dashboards.StartStep{Title: title, Have: have, Href: href}
	if lacking {
		s.Missing, s.Command = missing, command
	}
	return s
}

func count(ctx context.Context, pool *pgxpool.Pool, year int, today time.Time) (c startCounts, err error) {
	err = access.InTx(ctx, pool, access.System(access.Importing), func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `/* app.count */ SELECT (SELECT authority FROM installation), (SELECT authority_code FROM installation),
			(SELECT count(*) FROM half_term WHERE academic_year = $1),
			(SELECT count(*) FROM bank_holiday WHERE extract(year FROM day) = $2),
			(SELECT count(*) FROM school WHERE to_date IS NULL OR to_date > $3),
			(SELECT count(*) FROM (SELECT FROM postcode UNION ALL SELECT FROM postcode_sector) p),
			(SELECT coalesce(max(year), 0) FROM population),
			(SELECT count(*) FROM account WHERE disabled_at IS NULL),
			(SELECT count(*) FROM account WHERE disabled_at IS NULL AND role = 'administrator'),
			(SELECT count(DISTINCT account_id) FROM responsibility JOIN account a ON a.id = account_id AND a.email <> '' AND a.disabled_at IS NULL WHERE from_date <= $3 AND (to_date IS NULL OR to_date > $3)),
			(SELECT count(DISTINCT (subject, member)) FROM responsibility WHERE subject <> 'authority' AND from_date <= $3 AND (to_date IS NULL OR to_date > $3)),
			EXISTS (SELECT FROM responsibility JOIN account a ON a.id = account_id AND a.email <> '' AND a.disabled_at IS NULL WHERE subject = 'authority' AND from_date <= $3 AND (to_date IS NULL OR to_date > $3)),
			(SELECT count(*) FROM child),
			(SELECT count(*) FROM enrolment WHERE from_date <= $3 AND (to_date IS NULL OR to_date > $3)),
			(SELECT count(*) FROM (SELECT FROM attendance LIMIT 1) a),
			(SELECT max(date) FROM attendance WHERE date > $3::date - 60),
			(SELECT count(*) FROM looked_after_period),
			(SELECT count(*) FROM indicator_target),
			(SELECT count(*) FROM alert_rule WHERE enabled)`, year, today.Year(), today.Format(time.DateOnly)).
			Scan(&c.authority, &c.code, &c.halfTerms, &c.holidays, &c.schools, &c.postcodes, &c.population, &c.people, &c.administrators, &c.responsible, &c.covered, &c.wholeAuthority,
				&c.pupils, &c.enrolled, &c.marks, &c.lastMark, &c.returns, &c.targets, &c.rules)
	})
	return c, err
}

// NameAuthority sets the authority's name and its code of the ONS, as the owner of
// the record store; "" leaves what stands.
func (env *Environment) NameAuthority(ctx context.Context, name, code string) error {
	name, code = strings.TrimSpace(name), strings.ToUpper(strings.TrimSpace(code))
	if len(name) > 100 {
		return fmt.Errorf("an authority's name has from 1 to 100 characters")
	}
	if code != "" && !authorityCode.MatchString(code) {
		return fmt.Errorf("an authority's code of the ONS is a letter and eight digits, such as E10000003: it stands in the register of schools as GSSLACode")
	}
	owner, err := schema.OpenOwner(env.AdminURL)
	if err != nil {
		return err
	}
	defer owner.Close()
	if _, err := owner.ExecContext(ctx, `/* app.NameAuthority */ UPDATE installation SET authority = coalesce(nullif($1, ''), authority), authority_code = coalesce(nullif($2, ''), authority_code)`, name, code); err != nil {
		return fmt.Errorf("name the authority: %w", err)
	}
	return nil
}

var authorityCode = regexp.MustCompile(`^[A-Z][0-9]{8}$`)

// formatCommand is the import of a format if the program has it, else another way.
func formatCommand(format, file, otherwise string) string {
	if _, ok := intake.FormatOf(format); ok {
		return "onevision import " + format + " " + file
	}
	return otherwise
}

// calendarCommand is the import of a part of the calendar.
func calendarCommand(format, file string) string {
	return formatCommand(format, file, "ask for the calendar's import: this version has none")
}

func marksSentence(c startCounts) string {
	switch {
	case c.marks == 0:
		return "none"
	case c.lastMark == nil:
		return "received, the last more than 60 days ago"
	}
	return "received up to " + c.lastMark.Format("2 January 2006")
}

func estimate(year int) string {
	if year == 0 {
		return "none"
	}
	return fmt.Sprintf("by age, the latest of the middle of %d", year)
}

func mailSentence(m alerts.Mail) string {
	if m.Host == "" {
		return "no mail server"
	}
	return "through " + m.Host + ", from " + m.From
}

func wholly(yes bool) string {
	if yes {
		return " and for the whole authority"
	}
	return ""
}

func things(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "child"):
		what += "ren"
	case what == "person":
		what = "people"
	case what == "school or team":
		what = "schools or teams"
	default:
		what += "s"
	}
	if n == 0 {
		return "no " + what
	}
	return fmt.Sprintf("%d %s", n, what)
}

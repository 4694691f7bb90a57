package ssd

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"

	"onevision/records"
)

// Children in care and care leavers.

// period is a period of being looked after: the episodes of one number.
type period struct {
	number   string
	episodes []*entry // in the order of their days
	from, to records.Date
	first    string // reason of the first
	need     string
	end      string
}

// periods puts the episodes together. A period is over when its last episode is,
// unless the reason says that care goes on.
func (c *child) periods() (list []*period) {
	at := map[string]*period{}
	for _, e := range c.all["ssd_cla_episodes"] {
		number := cmp.Or(e.v["clae_cla_id"], "child")
		if at[number] == nil {
			at[number] = &period{number: number}
			list = append(list, at[number])
		}
		at[number].episodes = append(at[number].episodes, e)
	}
	start := func(e *entry) records.Date { d, _ := e.day("clae_cla_episode_start_date"); return d }
	for _, p := range list {
		slices.SortStableFunc(p.episodes, func(a, b *entry) int { return start(a).Sub(start(b)) })
		first, last := p.episodes[0], p.episodes[len(p.episodes)-1]
		p.from, p.first, p.need = start(first), code(first.v["clae_cla_episode_start_reason"]), code(first.v["clae_cla_primary_need_code"])
		if reason := code(last.v["clae_cla_episode_ceased_reason"]); reason != "X1" {
			p.to, _ = last.day("clae_cla_episode_ceased_date")
			p.end = reason
		}
	}
	slices.SortStableFunc(list, func(a, b *period) int { return a.from.Sub(b.from) })
	return list
}

// periodOf is the period of that number, else that of the day.
func (c *child) periodOf(number string, day records.Date) records.ExtractRef {
	return ref("ssd_cla_episodes", number, day)
}

// ends are the days on which periods end.
func (c *child) ends() (list []records.Date) {
	for _, p := range c.care {
		list = append(list, p.to)
	}
	return list
}

// episode makes the period of its first episode's row; the others say which legal
// status and placement held, which tables of their own do.
func (c *child) episode(e *entry) {
	c.on(e, "clae_cla_episode_start_date")
	c.on(e, "clae_cla_episode_ceased_date")
	for _, p := range c.care {
		if p.episodes[0] != e {
			continue
		}
		if c.x.torn[p.number] { // one of its episodes is handed back: of the others it would be another period
			c.bad(e, "clae_cla_episode_id", "two rows of one episode of this period of care contradict each other: keep the right one")
		}
		r := &records.LookedAfterPeriod{Need: p.need, FromDate: p.from, ToDate: p.to, EndReason: p.end}
		if p.first != "S" {
			r.BeginsWith = p.first
		}
		c.add(e, r, fields{number: p.number, columns: map[string]string{"need": "clae_cla_primary_need_code", "from_date": "clae_cla_episode_start_date", "to_date": "clae_cla_episode_ceased_date",
			"end_reason": "clae_cla_episode_ceased_reason", "begins_with": "clae_cla_episode_start_reason"}})
	}
}

func (c *child) legalStatus(e *entry) {
	from := c.on(e, "lega_legal_status_start_date")
	c.add(e, &records.LegalStatus{Status: code(e.v["lega_legal_status"]), FromDate: from, ToDate: c.until(e, "lega_legal_status_start_date", "lega_legal_status_end_date", c.ends()...)},
		fields{columns: map[string]string{"status": "lega_legal_status", "from_date": "lega_legal_status_start_date", "to_date": "lega_legal_status_end_date", "period": "lega_legal_status_start_date"},
			refs: map[string]records.ExtractRef{"period": c.periodOf("", from)}})
}

func (c *child) placement(e *entry) {
	from := c.on(e, "clap_cla_placement_start_date")
	p := &records.Placement{Type: code(e.v["clap_cla_placement_type"]), Provider: code(e.v["clap_cla_placement_provider"]), Postcode: e.v["clap_cla_placement_postcode"], URN: e.v["clap_cla_placement_urn"],
		FromDate: from, ToDate: c.until(e, "clap_cla_placement_start_date", "clap_cla_placement_end_date", c.ends()...)}
	if !p.ToDate.IsZero() {
		p.Change = code(e.v["clap_cla_placement_change_reason"])
	}
	c.add(e, p, fields{columns: map[string]string{"type": "clap_cla_placement_type", "provider": "clap_cla_placement_provider", "postcode": "clap_cla_placement_postcode", "urn": "clap_cla_placement_urn",
		"from_date": "clap_cla_placement_start_date", "to_date": "clap_cla_placement_end_date", "change_reason": "clap_cla_placement_change_reason", "period": "clap_cla_id"},
		refs: map[string]records.ExtractRef{"period": c.periodOf(e.v["clap_cla_id"], from)}})
}

var participationIn = regexp.MustCompile(`(?i)PN[0-7]`)

// participation is the code of how a child took part in a review.
func participation(text string) string {
	if m := participationIn.FindString(text); m != "" {
		return code(m)
	}
	return code(text)
}

func (c *child) careReview(e *entry) {
	day := c.on(e, "clar_cla_review_date")
	if day.IsZero() || day.After(c.x.today) && !c.x.today.IsZero() || yes(e.v["clar_cla_review_cancelled"]) { // it has not been held
		return
	}
	c.add(e, &records.LookedAfterReview{Date: day, Participation: participation(e.v["clar_cla_review_participation"])},
		fields{columns: map[string]string{"date": "clar_cla_review_date", "participation": "clar_cla_review_participation", "period": "clar_cla_id"},
			refs: map[string]records.ExtractRef{"period": c.periodOf(e.v["clar_cla_id"], day)}})
}

func (c *child) careVisit(e *entry) {
	day, alone := c.on(e, "clav_cla_visit_date"), yes(e.v["clav_cla_visit_seen_alone"])
	c.add(e, &records.LookedAfterVisit{Date: day, Seen: yes(e.v["clav_cla_visit_seen"]) || alone, SeenAlone: alone},
		fields{columns: map[string]string{"date": "clav_cla_visit_date", "seen": "clav_cla_visit_seen", "seen_alone": "clav_cla_visit_seen_alone", "period": "clav_cla_id"},
			refs: map[string]records.ExtractRef{"period": c.periodOf(e.v["clav_cla_id"], day)}})
}

// health is a health assessment or a dental check; other checks no record holds.
func (c *child) health(e *entry) {
	day := c.on(e, "clah_health_check_date")
	status := cmp.Or(word(e.v["clah_health_check_status"], [2]string{"refus", "refused"}, [2]string{"cancel", "cancelled"}, [2]string{"plan|pending|due|schedul|booked", "planned"}), "completed")
	columns := map[string]string{"date": "clah_health_check_date", "status": "clah_health_check_status", "type": "clah_health_check_type", "period": "clah_health_check_date"}
	refs := map[string]records.ExtractRef{"period": c.periodOf("", day)}
	switch word(e.v["clah_health_check_type"], [2]string{"dent|teeth", "dental"}, [2]string{"optic|sight|eye", "none"}, [2]string{"initial", "initial"}, [2]string{"assess|review|medical|health", "review"}) {
	case "dental":
		if status == "planned" { // a check is recorded once it was made or refused
			return
		}
		c.add(e, &records.DentalCheck{Date: day, Status: status}, fields{columns: columns, refs: refs})
	case "initial":
		c.add(e, &records.HealthAssessment{Type: "initial", Date: day, Status: status}, fields{columns: columns, refs: refs})
	case "review":
		c.add(e, &records.HealthAssessment{Type: "review", Date: day, Status: status}, fields{columns: columns, refs: refs})
	}
}

func (c *child) immunisations(e *entry) {
	day := c.on(e, "clai_immunisations_status_date")
	c.add(e, &records.ImmunisationStatus{Date: day, UpToDate: yes(e.v["clai_immunisations_status"])},
		fields{number: e.person + " " + day.String(), columns: map[string]string{"date": "clai_immunisations_status_date", "up_to_date": "clai_immunisations_status", "period": "clai_immunisations_status_date"},
			refs: map[string]records.ExtractRef{"period": c.periodOf("", day)}})
}

func (c *child) sdq(e *entry) {
	day := c.on(e, "csdq_sdq_completed_date")
	s := &records.Sdq{Date: day}
	if text := e.v["csdq_sdq_score"]; text != "" {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n != float64(int16(n)) {
			c.bad(e, "csdq_sdq_score", "give the total score as a whole number, 0 to 40")
			return
		}
		score := int16(n)
		s.Score = &score
	} else {
		s.NoScoreReason = code(e.v["csdq_sdq_reason"])
	}
	c.add(e, s, fields{columns: map[string]string{"date": "csdq_sdq_completed_date", "score": "csdq_sdq_score", "no_score_reason": "csdq_sdq_reason", "period": "csdq_sdq_completed_date"},
		refs: map[string]records.ExtractRef{"period": c.periodOf("", day)}})
}

func (c *child) missing(e *entry) {
	from := c.on(e, "miss_missing_episode_start_date")
	kind := cmp.Or(word(e.v["miss_missing_episode_type"], [2]string{"absent|away|unauth", "A"}, [2]string{"missing", "M"}), code(e.v["miss_missing_episode_type"]), "M")
	m := &records.MissingEpisode{Type: kind, FromDate: from, ToDate: c.until(e, "miss_missing_episode_start_date", "miss_missing_episode_end_date")}
	if offered := e.v["miss_missing_rhi_offered"]; offered != "" && !m.ToDate.IsZero() {
		m.InterviewOffered = map[bool]string{true: "yes", false: "no"}[yes(offered)]
		if code(offered) == "NA" || code(offered) == "N/A" {
			m.InterviewOffered = "not-applicable"
		}
	}
	c.add(e, m, fields{columns: map[string]string{"type": "miss_missing_episode_type", "from_date": "miss_missing_episode_start_date", "to_date": "miss_missing_episode_end_date", "interview_offered": "miss_missing_rhi_offered", "period": "miss_missing_episode_start_date"},
		refs: map[string]records.ExtractRef{"period": c.periodOf("", from)}})
}

var yearIn = regexp.MustCompile(`(19|20)[0-9]{2}`)

// previousPermanence is said of the period that began last.
func (c *child) previousPermanence(e *entry) {
	p := &records.PreviousPermanence{Previous: code(e.v["lapp_previous_permanence_option"])}
	if m := yearIn.FindString(e.v["lapp_previous_permanence_order_date"]); m != "" && p.Previous != "Z1" {
		n, _ := strconv.Atoi(m)
		year := int16(n)
		p.OrderYear = &year
	}
	if len(c.care) == 0 {
		c.bad(e, "lapp_person_id", "the child was not looked after, as ssd_cla_episodes has it: send its rows with this")
		return
	}
	c.add(e, p, fields{columns: map[string]string{"previous": "lapp_previous_permanence_option", "order_year": "lapp_previous_permanence_order_date", "period": "lapp_person_id"},
		refs: map[string]records.ExtractRef{"period": c.periodOf(c.care[len(c.care)-1].number, records.Date{})}})
}

// careLeaver is a young person's status, and what is known of them around the
// birthday within whose time the latest contact is. Since when the status holds the dataset does
// not say: since the law gives it.
func (c *child) careLeaver(e *entry) {
	status := word(e.v["clea_care_leaver_eligibility"], [2]string{"former", "former-relevant"}, [2]string{"qualif", "qualifying"}, [2]string{"relevant", "relevant"}, [2]string{"eligible", "eligible"})
	born := c.born()
	if status == "" || born.IsZero() {
		c.bad(e, "clea_care_leaver_eligibility", "give Eligible, Relevant, Former relevant or Qualifying, and the date of birth in the row of the person")
		return
	}
	from := born.AddYears(16)
	var left records.Date
	for _, p := range c.care {
		left = p.to
	}
	switch {
	case status == "former-relevant":
		from = born.AddYears(18)
	case status != "eligible" && left.After(from):
		from = left
	}
	c.add(e, &records.CareLeaver{Eligibility: status, FromDate: from},
		fields{columns: map[string]string{"eligibility": "clea_care_leaver_eligibility", "from_date": "clea_care_leaver_eligibility", "personal_adviser": "clea_care_leaver_personal_advisor"},
			refs: map[string]records.ExtractRef{"personal_adviser": workerOf(cmp.Or(e.v["clea_care_leaver_personal_advisor"], e.v["clea_care_leaver_worker_id"]))}})
	day := c.on(e, "clea_care_leaver_latest_contact")
	if day.IsZero() || e.v["clea_care_leaver_in_touch"] == "" {
		return
	}
	year := int16(0)
	for n := 17; n <= 21; n++ {
		// As main.care_leaver_birthday counts: three months before it to one after.
		if b := born.AddYears(n); !day.Before(b.AddMonths(-3)) && !day.After(b.AddMonths(1)) {
			year = int16(n)
		}
	}
	if year == 0 { // it tells nothing of a birthday
		return
	}
	touch := cmp.Or(word(e.v["clea_care_leaver_in_touch"], [2]string{"yes", "YES"}, [2]string{"refus|refu", "REFU"}, [2]string{"died", "DIED"}, [2]string{"returned home|rhom", "RHOM"}, [2]string{"no longer|nreq", "NREQ"}, [2]string{"no", "NO"}), code(e.v["clea_care_leaver_in_touch"]))
	accommodation := code(e.v["clea_care_leaver_accommodation"])
	suitable := yes(e.v["clea_care_leaver_accom_suitable"])
	if len(accommodation) == 2 { // the return's letter with 1 for suitable
		suitable, accommodation = accommodation[1] == '1', accommodation[:1]
	}
	c.add(e, &records.CareLeaverContact{Birthday: &year, Date: day, InTouch: touch, Activity: code(e.v["clea_care_leaver_activity"]), Accommodation: accommodation, Suitable: suitable},
		fields{number: e.v["clea_table_id"] + " " + strconv.Itoa(int(year)), columns: map[string]string{"birthday": "clea_care_leaver_latest_contact", "date": "clea_care_leaver_latest_contact", "in_touch": "clea_care_leaver_in_touch",
			"activity": "clea_care_leaver_activity", "accommodation": "clea_care_leaver_accommodation", "suitable": "clea_care_leaver_accom_suitable"}})
}

package dashboards

// The registry of dashboards by default: what stands on the dashboard of somebody
// who has chosen nothing, by their role and by what they answer for.

import (
	"cmp"
	"slices"
	"strings"

	"onevision/access"
	"onevision/dashboards/layout"
	"onevision/indicators"
)

// shownByDefault is how many cards a dashboard has that nobody has arranged.
const shownByDefault = 12

// A preset is what stands on a dashboard by default: the first measures, those of
// them that the library has, and then, up to shownByDefault, one after the other
// from each of the themes.
type preset struct {
	measures []string
	themes   []string
}

var (
	everything = preset{
		measures: []string{"unauthorised-absence", "persistent-absence", "suspensions", "gcse-attainment8-in-care", "ehc-plans-20-weeks", "neet-16-17",
			"referrals-rate", "assessments-45-days", "child-protection-rate", "children-in-care-rate", "care-leavers-in-touch", "open-cases"},
		themes: []string{"attendance", "social-care", "attainment"},
	}
	schooling = preset{
		measures: []string{"unauthorised-absence", "persistent-absence", "overall-absence", "severe-absence", "suspensions", "permanent-exclusions",
			"children-missing-education", "elective-home-education", "gcse-attainment8-in-care", "gcse-grade4-english-maths-in-care"},
		themes: []string{"attendance", "exclusion", "attainment"},
	}
	care = preset{
		measures: []string{"open-cases", "referrals-rate", "re-referrals-12-months", "assessments-45-days", "conferences-15-days", "child-protection-rate",
			"child-protection-visits-on-time", "children-in-care-rate", "care-reviews-on-time", "three-placements-in-year", "cases-without-social-worker", "social-worker-caseload"},
		themes: []string{"social-care", "front-door", "care"},
	}
)

var presets = map[access.Role]preset{
	access.Director: everything, access.LeadMember: everything, access.Analyst: everything, access.Manager: everything,
	access.WelfareOfficer: schooling, access.SocialWorker: care,
}

// presetOf is the preset of somebody of that role who answers for those subjects: a
// manager of schools alone begins with school, one of teams alone with social care.
func presetOf(role access.Role, answersFor []access.Responsibility) preset {
	if role == access.Manager {
		only := func(subject access.Subject) bool {
			return len(answersFor) > 0 && !slices.ContainsFunc(answersFor, func(r access.Responsibility) bool { return r.Subject != subject })
		}
		switch {
		case only(access.OneSchool):
			return schooling
		case only(access.OneTeam):
			return care
		}
	}
	if p, ok := presets[role]; ok {
		return p
	}
	return everything
}

// cards are the preset's among the measures that the viewer may ask about.
func (p preset) cards(all []indicators.Definition) []layout.Card {
	var chosen []layout.Card
	left := map[string][]string{} // by theme, in the library's order
	var themes []string
	has := map[string]bool{}
	for _, d := range all {
		has[d.ID] = true
	}
	taken := map[string]bool{}
	take := func(id string) {
		if has[id] && !taken[id] && len(chosen) < shownByDefault {
			taken[id] = true
			chosen = append(chosen, layout.Card{Indicator: id})
		}
	}
	for _, id := range p.measures {
		take(id)
	}
	for _, d := range all {
		if !taken[d.ID] {
			theme := strings.ReplaceAll(strings.ToLower(d.Theme), " ", "-")
			if left[theme] == nil {
				themes = append(themes, theme)
			}
			left[theme] = append(left[theme], d.ID)
		}
	}
	place := func(theme string) int {
		if i := slices.Index(p.themes, theme); i >= 0 {
			return i
		}
		return len(p.themes)
	}
	slices.SortStableFunc(themes, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	for more := true; more; {
		more = false
		for _, theme := range themes {
			if ids := left[theme]; len(ids) > 0 {
				take(ids[0])
				left[theme], more = ids[1:], true
			}
		}
	}
	return chosen
}

package intake

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"onevision/access"
	"onevision/records"
)

// The return on looked-after children (SSDA903) as authorities send it to the
// DfE: three files of a year, which are taken in the order header, episodes,
// reviews, since each needs what the one before brought. Several years are
// taken one after the other. See docs/ssda903.md.
const ssda903 = "ssda903"

// returnFormats are the files of the return.
func returnFormats() []Format {
	return []Format{
		{
			Name: ssda903 + "-header", Title: "SSDA903 header", Set: ssda903, Source: records.SourceSocialCare, Category: access.LookedAfter,
			Header: []string{"CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"},
			Before: [][]string{{"CHILD", "GENDER", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"}}, // until 2022/23
			batch:  func() batch { return &careChildren{} },
		},
		{
			Name: ssda903 + "-episodes", Title: "SSDA903 episodes", Set: ssda903, Source: records.SourceSocialCare, Category: access.LookedAfter, together: true,
			Header: []string{"CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN"},
			batch:  func() batch { return &episodes{} },
		},
		{
			Name: ssda903 + "-reviews", Title: "SSDA903 reviews", Set: ssda903, Source: records.SourceSocialCare, Category: access.LookedAfter,
			Header: []string{"CHILD", "DOB", "REVIEW", "REVIEW_CODE"},
			batch:  func() batch { return &reviews{} },
		},
	}
}

// day reads dd/mm/yyyy; an empty value is no day.
func day(s string) (records.Date, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return records.Date{}, true
	}
	t, err := time.Parse("02/01/2006", s)
	if err != nil || t.Year() < 1 {
		return records.Date{}, false
	}
	return records.DateOf(t), true
}

// days reads several dates, each with its column.
func days(columns []string, values []string, to ...*records.Date) *problem {
	for i, c := range columns {
		d, ok := day(values[i])
		if !ok {
			return &problem{c, values[i], "write the date as dd/mm/yyyy, such as 02/11/2026"}
		}
		*to[i] = d
	}
	return nil
}

// careChildren are rows of header.csv.
type careChildren struct{ rows []records.CareChildRow }

func (b *careChildren) add(line int64, f []string) *problem {
	r := records.CareChildRow{Line: line, Child: f[0], Sex: f[1], Ethnicity: f[3], UPN: f[4]}
	var ofChild records.Date // the day of birth of the child's own child
	if p := days([]string{"DOB", "MC_DOB"}, []string{f[2], f[6]}, &r.Born, &ofChild); p != nil {
		return p
	}
	if m := strings.TrimSpace(f[5]); m != "" && m != "0" && m != "1" {
		return &problem{"MOTHER", f[5], "give 1 for a mother, 0 for not, or leave the value empty"}
	}
	b.rows = append(b.rows, r)
	return nil
}

func (x *careChildren) put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutCareChildren(ctx, v, x.rows, b)
	x.rows = x.rows[:0]
	return outcomes, err
}

// A row of the header is about a child.
func (b *careChildren) name(f []string) (subject, saying string) {
	return tidied(f[0]), tidied(f[1:]...)
}

// survey notes what the record does not hold.
func (b *careChildren) survey(rows [][]string, _ records.Date) []string {
	mothers := 0
	for _, f := range rows {
		if tidy(f[5]) == "1" || tidy(f[6]) != "" {
			mothers++
		}
	}
	if mothers == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d rows say that the child is a mother: MOTHER and MC_DOB are passed over, since no record holds them yet", mothers)}
}

// episodes are rows of episodes.csv.
type episodes struct {
	rows    []records.EpisodeRow
	horizon records.Date // 1 April after the return's year
}

func (b *episodes) add(line int64, f []string) *problem {
	r := records.EpisodeRow{Line: line, Child: f[0], Episode: records.Episode{
		Reason: f[2], Status: f[3], Need: f[4], Type: f[5], Provider: f[6], End: f[8], Change: f[9], Home: f[10], Postcode: f[11], URN: f[12],
	}}
	if p := days([]string{"DECOM", "DEC"}, []string{f[1], f[7]}, &r.From, &r.To); p != nil {
		return p
	}
	b.rows = append(b.rows, r)
	return nil
}

func (x *episodes) put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutEpisodes(ctx, v, x.rows, x.horizon, b)
	x.rows = x.rows[:0]
	return outcomes, err
}

// An episode is a child's from a day; a child's rows go in together.
func (b *episodes) name(f []string) (subject, saying string) {
	return tidied(f[0], f[1]), tidied(f[2:]...)
}

// survey finds the year of the return, which no column tells: the one of the
// last day on which an episode began or ended.
func (b *episodes) survey(rows [][]string, today records.Date) []string {
	var last records.Date
	for _, f := range rows {
		for _, s := range []string{f[1], f[7]} {
			if d, ok := day(s); ok && d.After(last) && !d.After(today) {
				last = d
			}
		}
	}
	if last.IsZero() {
		last = today
	}
	b.horizon = last.YearEnd()
	return []string{fmt.Sprintf("the last day that the file tells of lies in the year to %s: what is on record from then on is left as it is", b.horizon.Add(-1).Time().Format("2 January 2006"))}
}

// reviews are rows of reviews.csv.
type reviews struct{ rows []records.ReviewRow }

func (b *reviews) add(line int64, f []string) *problem {
	r := records.ReviewRow{Line: line, Child: f[0], Participation: f[3]}
	if p := days([]string{"DOB", "REVIEW"}, []string{f[1], f[2]}, &r.Born, &r.Date); p != nil {
		return p
	}
	b.rows = append(b.rows, r)
	return nil
}

func (x *reviews) put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutReviews(ctx, v, x.rows, b)
	x.rows = x.rows[:0]
	return outcomes, err
}

// A review is a child's on a day.
func (b *reviews) name(f []string) (subject, saying string) {
	return tidied(f[0], f[2]), tidied(f[1], f[3])
}

// InOrder puts files in the order in which those of a set must be taken: by
// their formats, and within one as they were given. A file of no format is a
// *Refusal.
func InOrder(paths []string) ([]string, error) {
	rank := map[string]int{}
	for i, f := range Formats() {
		rank[f.Name] = i
	}
	at := map[string]int{}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open the file: %w", err)
		}
		format, err := Detect(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		at[path] = rank[format.Name]
	}
	sorted := slices.Clone(paths)
	slices.SortStableFunc(sorted, func(a, b string) int { return at[a] - at[b] })
	return sorted, nil
}

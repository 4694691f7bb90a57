package intake

import (
	"context"

	"onevision/access"
	"onevision/records"
)

// The postcode directory of the Office for National Statistics (ONSPD): in which
// district each postcode lies. It is about the United Kingdom, 2.7 million rows;
// those of the districts of the authority's schools are taken.

var _ = Define(Format{
	Name: "postcodes", Title: "Postcodes and their districts (ONS directory)", Rank: -7, Source: records.SourceGovernment, Category: access.Organisation,
	Named: true, Needed: 2,
	Header: []string{"pcds", "oslaua"},
	Also: map[string][]string{"pcds": {"pcd7", "pcd8", "pcd", "pcd2", "postcode"},
		"oslaua": {"lad26cd", "lad25cd", "lad24cd", "lad23cd", "lad22cd", "lad21cd", "laua", "lad_code", "ladcd", "district_code"}},
	Rows: func() Rows { return &postcodes{} },
})

// postcodes are rows of the directory.
type postcodes struct {
	rows  []records.PostcodeRow
	ofOur map[string]bool
}

// Begin finds which districts are the authority's.
func (p *postcodes) Begin(ctx context.Context, store *records.Store, v access.Viewer) error {
	districts, err := store.SchoolDistricts(ctx, v)
	if err != nil {
		return err
	}
	if len(districts) == 0 {
		return refuse("no school has a district yet, so nobody knows which districts are the authority's: import the register of schools first (onevision import schools)")
	}
	p.ofOur = map[string]bool{}
	for _, d := range districts {
		p.ofOur[d] = true
	}
	return nil
}

func (p *postcodes) Passes(f []string) string {
	if !p.ofOur[Tidy(f[1])] {
		return "of districts in which no school lies"
	}
	return ""
}

func (p *postcodes) Add(line int64, f []string) *Problem {
	p.rows = append(p.rows, records.PostcodeRow{Line: line, Postcode: Plain(f[0]), District: Tidy(f[1])})
	return nil
}

func (p *postcodes) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutPostcodes(ctx, v, p.rows)
	for i := range outcomes {
		if outcomes[i].Problem != nil {
			outcomes[i].Problem.Field = "pcds"
		}
	}
	p.rows = p.rows[:0]
	return outcomes, err
}

func (p *postcodes) Subject(f []string) (subject, saying string) { return Tidy(f[0]), Tidy(f[1]) }

package indicators

// Unit is what a value is counted in.
type Unit string

const (
	Percent    Unit = "percent"      // numerator of denominator, shown as a percentage
	Count      Unit = "count"        // the numerator alone
	RatePer100 Unit = "rate-per-100" // numerator for each 100 of the denominator: events, so it may be above 100
	RatePer10k Unit = "rate-per-10k" // numerator for each 10,000 of the denominator
	Mean       Unit = "mean"         // numerator divided by denominator
	Days       Unit = "days"         // numerator divided by denominator, in days
)

// Polarity says which direction is good.
type Polarity string

const (
	LowIsGood  Polarity = "low"
	HighIsGood Polarity = "high"
	NoPolarity Polarity = "none" // neither direction is good in itself
)

// Definition is what a number means and how it is computed: one file of the
// library.
type Definition struct {
	ID         string
	Title      string
	Meaning    string
	Theme      string
	Unit       Unit
	Polarity   Polarity
	Periods    []PeriodKind // the first is the one shown when none is asked for
	AsAt       string       // circumstances as at: period-end, event, 31-march
	Schedule   string       // cron, Europe/London
	Source     string
	Breakdowns []string // names of the registry
	Decimals   int32    // of the value as shown
	Cohort     bool     // show the cohort and what one child is worth
	Counts     string   // what the numerator counts, in words: "sessions missed without permission"
	Of         string   // what the denominator counts: "possible sessions"; "" for a count
	Complete   Complete
	SQL        string
	Examples   string // file of examples, beside the definition
	File       string // where it was read from
	Hash       string // of everything that decides the value
}

// Complete says when a period of a definition may be judged.
type Complete struct {
	Rule  string // of completenessRules
	Share int    // percent of what is expected that must have been received
	Days  int    // that are left, after that, for what is recorded late
}

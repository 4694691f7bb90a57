package records

import "onevision/access"

// Sdq is a strengths and difficulties questionnaire of a looked-after child, or why there is none.
type Sdq struct {
	Meta
	Child         string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	Period        string `json:"period" column:"period_id" ref:"looked-after-period" is:"fact required" doc:"The looked-after period that it belongs to."`
	Date          Date   `json:"date" is:"fact required past" doc:"The day on which it was completed, or of which it is said that there is none."`
	Score         *int16 `json:"score,omitempty" range:"0,40" is:"fact" example:"12" doc:"The total score of difficulties, 0 to 40."`
	NoScoreReason string `json:"no_score_reason,omitempty" codes:"sdq_reason" is:"fact" title:"Why none" doc:"Why there is no score."`
	CompletedBy   string `json:"completed_by,omitempty" codes:"sdq_completed_by" is:"fact" doc:"Who answered it."`
}

var sdqKind = define[Sdq](Kind{
	Name: "sdq", Plural: "sdqs", Title: "Strengths and difficulties questionnaire", Table: "sdq", Category: access.LookedAfter,
	natural: []string{"child", "date"},
	Doc:     "A strengths and difficulties questionnaire of a looked-after child, or why there is none.",
	within:  []within{{field: "period", source: "SSDA903, OC2 SDQ"}},
})

var (
	sdqBoth    = rule("sdq", "no_score_reason", Contradicts, "there is a score, so that there is no reason for none: take one of them out", "SSDA903, 197a")
	sdqNeither = rule("sdq", "score", Required, "give the score, or the reason why there is none", "SSDA903, 186")
)

// Validate wants a score or a reason.
func (s *Sdq) Validate(p *Problems) {
	p.BreakIf(s.Score != nil && s.NoScoreReason != "", sdqBoth)
	p.BreakIf(s.Score == nil && s.NoScoreReason == "", sdqNeither)
}

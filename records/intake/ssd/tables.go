package ssd

import (
	"slices"
	"strings"

	"onevision/records/intake"
)

// table is a table of the dataset.
type table struct {
	intake.Table
	number string   // the column of a row's number
	needed []string // columns without which the table is not taken
	// rows makes records of a row; nil: no record holds what the table says.
	rows func(c *child, e *entry)
	// skip says why a row is passed over, "" if it is not.
	skip func(v map[string]string) string
}

// tables are all tables of the dataset that hold records, in the order in which
// rows find whom they are about by others.
var tables []*table

func tableOf(name string) *table {
	i := slices.IndexFunc(tables, func(t *table) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return tables[i]
}

func init() {
	// define is a table: its number, whom a row is about, the columns that it needs
	// (marked *) and the others that are read.
	define := func(name, number, person, columns string, rows func(c *child, e *entry)) *table {
		t := &table{Table: intake.Table{Name: name, Person: person}, number: number, rows: rows}
		for _, column := range strings.Fields(columns) {
			bare := strings.TrimSuffix(column, "*")
			if bare != column {
				t.needed = append(t.needed, bare)
			}
			t.Columns = append(t.Columns, bare)
		}
		for _, column := range []string{number, person} {
			if column != "" && !slices.Contains(t.Columns, column) {
				t.Columns, t.needed = append(t.Columns, column), append(t.needed, column)
			}
		}
		tables = append(tables, t)
		return t
	}
	// via has another table say whom a row is about.
	via := func(t *table, column, of, key string) {
		t.Via, t.Of, t.Key = column, of, key
		t.needed = slices.DeleteFunc(t.needed, func(c string) bool { return c == t.Person })
	}
	define("ssd_department", "dept_team_id", "", "dept_team_name*", (*child).department)
	define("ssd_professionals", "prof_professional_id", "", "prof_professional_name* prof_social_worker_registration_no prof_professional_department", (*child).professional)
	define("ssd_person", "pers_person_id", "pers_person_id", "pers_forename* pers_surname* pers_sex pers_ethnicity pers_dob* pers_expected_dob pers_death_date pers_common_child_id", (*child).who)
	define("ssd_linked_identifiers", "link_table_id", "link_person_id", "link_identifier_type* link_identifier_value* link_valid_from_date link_valid_to_date", (*child).nothing)
	define("ssd_send", "send_table_id", "send_person_id", "send_upn*", (*child).nothing)
	define("ssd_address", "addr_table_id", "addr_person_id", "addr_address_type addr_address_json addr_address_postcode addr_address_start_date* addr_address_end_date", (*child).address)
	define("ssd_disability", "disa_table_id", "disa_person_id", "disa_disability_code*", (*child).disability)
	define("ssd_immigration_status", "immi_immigration_status_id", "immi_person_id", "immi_immigration_status* immi_immigration_status_start_date* immi_immigration_status_end_date", (*child).immigration)
	define("ssd_contacts", "cont_contact_id", "cont_person_id", "cont_contact_date* cont_contact_source_code", (*child).contact)
	define("ssd_early_help_episodes", "earl_episode_id", "earl_person_id", "earl_episode_start_date* earl_episode_end_date", (*child).earlyHelp)
	define("ssd_cin_episodes", "cine_referral_id", "cine_person_id", "cine_referral_date* cine_cin_primary_need_code cine_referral_source_code cine_referral_nfa cine_close_reason cine_close_date*", (*child).referral)
	t := define("ssd_involvements", "invo_involvements_id", "invo_person_id", "invo_professional_id* invo_professional_role_id* invo_professional_team invo_involvement_start_date* invo_involvement_end_date invo_referral_id", (*child).involvement)
	t.skip = func(v map[string]string) string {
		if role(v["invo_professional_role_id"]) == "" {
			return "involvements of roles that no record holds"
		}
		return ""
	}
	define("ssd_cin_assessments", "cina_assessment_id", "cina_person_id", "cina_referral_id cina_assessment_start_date* cina_assessment_auth_date* cina_assessment_outcome_json cina_assessment_outcome_nfa cina_assessment_worker_id", (*child).assessment)
	via(define("ssd_assessment_factors", "cinf_table_id", "", "cinf_assessment_id* cinf_assessment_factors_json*", (*child).factors), "cinf_assessment_id", "ssd_cin_assessments", "cina_assessment_id")
	define("ssd_s47_enquiry", "s47e_s47_enquiry_id", "s47e_person_id", "s47e_referral_id s47e_s47_start_date* s47e_s47_end_date* s47e_s47_nfa s47e_s47_outcome_json s47e_s47_completed_by_worker_id", (*child).section47)
	define("ssd_initial_cp_conference", "icpc_icpc_id", "icpc_person_id", "icpc_s47_enquiry_id icpc_referral_id icpc_icpc_transfer_in icpc_icpc_date* icpc_icpc_outcome_cp_flag*", (*child).conference)
	t = define("ssd_cp_plans", "cppl_cp_plan_id", "cppl_person_id", "cppl_referral_id cppl_icpc_id cppl_cp_plan_start_date* cppl_cp_plan_end_date* cppl_cp_plan_initial_category cppl_cp_plan_latest_category cppl_cp_plan_ola", (*child).protectionPlan)
	t.skip = func(v map[string]string) string {
		if yes(v["cppl_cp_plan_ola"]) {
			return "child protection plans of other authorities"
		}
		return ""
	}
	define("ssd_cp_reviews", "cppr_cp_review_id", "cppr_person_id", "cppr_cp_plan_id cppr_cp_review_date* cppr_cp_review_outcome_continue_cp cppr_cp_review_quorate cppr_cp_review_participation", (*child).protectionReview)
	define("ssd_cp_visits", "cppv_cp_visit_id", "cppv_person_id", "cppv_cp_plan_id cppv_cp_visit_date* cppv_cp_visit_seen cppv_cp_visit_seen_alone cppv_cp_visit_bedroom", (*child).protectionVisit)
	define("ssd_cin_plans", "cinp_cin_plan_id", "cinp_person_id", "cinp_referral_id cinp_cin_plan_start_date* cinp_cin_plan_end_date*", (*child).needPlan)
	define("ssd_cin_visits", "cinv_cin_visit_id", "cinv_person_id", "cinv_cin_visit_date* cinv_cin_visit_seen cinv_cin_visit_seen_alone cinv_cin_visit_bedroom", (*child).needVisit)
	define("ssd_cla_episodes", "clae_cla_episode_id", "clae_person_id", "clae_cla_id* clae_cla_episode_start_date* clae_cla_episode_start_reason clae_cla_primary_need_code clae_cla_episode_ceased_date* clae_cla_episode_ceased_reason", (*child).episode)
	define("ssd_legal_status", "lega_legal_status_id", "lega_person_id", "lega_legal_status* lega_legal_status_start_date* lega_legal_status_end_date*", (*child).legalStatus)
	via(define("ssd_cla_placement", "clap_cla_placement_id", "clap_person_id", "clap_cla_id clap_cla_placement_start_date* clap_cla_placement_type* clap_cla_placement_urn clap_cla_placement_provider clap_cla_placement_postcode clap_cla_placement_end_date* clap_cla_placement_change_reason", (*child).placement), "clap_cla_id", "ssd_cla_episodes", "clae_cla_id")
	via(define("ssd_cla_reviews", "clar_cla_review_id", "", "clar_cla_id* clar_cla_review_date* clar_cla_review_cancelled clar_cla_review_participation", (*child).careReview), "clar_cla_id", "ssd_cla_episodes", "clae_cla_id")
	define("ssd_cla_visits", "clav_cla_visit_id", "clav_person_id", "clav_cla_id clav_cla_visit_date* clav_cla_visit_seen clav_cla_visit_seen_alone", (*child).careVisit)
	define("ssd_cla_health", "clah_health_check_id", "clah_person_id", "clah_health_check_type* clah_health_check_date* clah_health_check_status", (*child).health)
	define("ssd_cla_immunisations", "", "clai_person_id", "clai_immunisations_status* clai_immunisations_status_date*", (*child).immunisations)
	define("ssd_sdq_scores", "csdq_table_id", "csdq_person_id", "csdq_sdq_completed_date* csdq_sdq_reason csdq_sdq_score*", (*child).sdq)
	define("ssd_missing", "miss_table_id", "miss_person_id", "miss_missing_episode_start_date* miss_missing_episode_type miss_missing_episode_end_date* miss_missing_rhi_offered", (*child).missing)
	define("ssd_cla_previous_permanence", "lapp_table_id", "lapp_person_id", "lapp_previous_permanence_option* lapp_previous_permanence_order_date", (*child).previousPermanence)
	define("ssd_care_leavers", "clea_table_id", "clea_person_id", "clea_care_leaver_eligibility* clea_care_leaver_in_touch clea_care_leaver_latest_contact clea_care_leaver_accommodation clea_care_leaver_accom_suitable clea_care_leaver_activity clea_care_leaver_worker_id clea_care_leaver_personal_advisor", (*child).careLeaver)
	define("ssd_permanence", "perm_table_id", "perm_person_id", "perm_cla_id perm_adm_decision_date* perm_ffa_cp_decision_date perm_placement_order_date perm_placed_for_adoption_date perm_matched_date perm_adopted_by_carer_flag perm_placed_ffa_cp_date perm_decision_reversed_date perm_decision_reversed_reason perm_part_of_sibling_group perm_siblings_placed_together perm_siblings_placed_apart perm_permanence_order_date perm_permanence_order_type perm_adopter_sex perm_adopter_legal_status perm_number_of_adopters", (*child).permanence)
	define("ssd_cla_care_plan", "lacp_table_id", "lacp_person_id", "lacp_cla_care_plan_start_date* lacp_cla_care_plan_end_date lacp_cla_care_plan_json*", (*child).carePlan)
	define("ssd_cla_substance_misuse", "clas_substance_misuse_id", "clas_person_id", "clas_substance_misuse_date* clas_substance_misused* clas_intervention_received", (*child).substanceMisuse)
	via(define("ssd_ehcp_requests", "ehcr_ehcp_request_id", "", "ehcr_send_table_id* ehcr_ehcp_req_date* ehcr_ehcp_req_outcome_date ehcr_ehcp_req_outcome", (*child).ehcRequest), "ehcr_send_table_id", "ssd_send", "send_table_id")
	via(define("ssd_ehcp_assessment", "ehca_ehcp_assessment_id", "", "ehca_ehcp_request_id* ehca_ehcp_assessment_outcome_date ehca_ehcp_assessment_outcome ehca_ehcp_assessment_exceptions", (*child).ehcAssessment), "ehca_ehcp_request_id", "ssd_ehcp_requests", "ehcr_ehcp_request_id")
	via(define("ssd_ehcp_named_plan", "ehcn_named_plan_id", "", "ehcn_ehcp_asmt_id* ehcn_named_plan_start_date* ehcn_named_plan_ceased_date* ehcn_named_plan_ceased_reason", (*child).ehcPlan), "ehcn_ehcp_asmt_id", "ssd_ehcp_assessment", "ehca_ehcp_assessment_id")
	via(define("ssd_ehcp_active_plans", "ehcp_active_ehcp_id", "", "ehcp_ehcp_request_id*", (*child).nothing), "ehcp_ehcp_request_id", "ssd_ehcp_requests", "ehcr_ehcp_request_id")
	via(define("ssd_sen_need", "senn_table_id", "", "senn_active_ehcp_id* senn_active_ehcp_need_type* senn_active_ehcp_need_rank*", (*child).senNeed), "senn_active_ehcp_id", "ssd_ehcp_active_plans", "ehcp_active_ehcp_id")
	for _, name := range unheld {
		define(name, "", "", "", nil)
	}
	intake.Define(format())
}

// unheld are the tables of which no record holds anything yet.
var unheld = []string{"ssd_family", "ssd_mother", "ssd_pre_proceedings", "ssd_cla_convictions", "ssd_voice_of_child", "ssd_s251_finance", "ssd_version_log", "ssd_api_data_staging"}

// missing names the columns that a file lacks of those that the table needs.
func (t *table) missing(columns []string) string {
	var list []string
	for _, c := range t.needed {
		if !slices.Contains(columns, c) {
			list = append(list, c)
		}
	}
	return strings.Join(list, ", ")
}

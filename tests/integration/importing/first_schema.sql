-- The reporting database as the first version of the program made it (2026-11-22), for tests/integration/importing/test_migration.py.
CREATE TABLE agg_claim_month (
    town_code VARCHAR(64) NOT NULL, 
    scheme VARCHAR(64) NOT NULL, 
    institution_code VARCHAR(64) NOT NULL, 
    service_kind VARCHAR(64) NOT NULL, 
    month DATE NOT NULL, 
    encounters BIGINT NOT NULL, 
    total_cost NUMERIC(18, 2) NOT NULL, 
    eligible_cost NUMERIC(18, 2), 
    fund_paid NUMERIC(18, 2) NOT NULL, 
    patient_paid NUMERIC(18, 2) NOT NULL, 
    drg_points NUMERIC(18, 4)
);

CREATE INDEX ix_agg_claim_month_month ON agg_claim_month (month);

CREATE TABLE dim_account (
    account_code VARCHAR(64) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    parent_account_code VARCHAR(64), 
    side VARCHAR(64) NOT NULL CONSTRAINT ck_dim_account_side_known CHECK (side IN ('income', 'expense', 'fiscal', 'balance')), 
    setting VARCHAR(64) DEFAULT 'none' NOT NULL CONSTRAINT ck_dim_account_setting_known CHECK (setting IN ('outpatient', 'inpatient', 'none')), 
    item VARCHAR(64) DEFAULT 'other' NOT NULL CONSTRAINT ck_dim_account_item_known CHECK (item IN ('drug', 'herbal', 'consumable', 'examination', 'laboratory', 'service', 'contract_fee', 'other', 'staff', 'administration', 'energy', 'capital_works', 'information', 'equipment', 'hardship', 'training', 'basic_pay', 'purchase', 'assets', 'current_assets', 'inventories', 'liabilities', 'current_liabilities')), 
    CONSTRAINT pk_dim_account PRIMARY KEY (account_code), 
    CONSTRAINT fk_dim_account_parent_account_code FOREIGN KEY(parent_account_code) REFERENCES dim_account (account_code)
);

CREATE TABLE dim_community (
    community_code VARCHAR(64) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    short_name VARCHAR(200) NOT NULL, 
    display_order INTEGER NOT NULL, 
    CONSTRAINT pk_dim_community PRIMARY KEY (community_code)
);

CREATE TABLE dim_county (
    county_code VARCHAR(64) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    short_name VARCHAR(200), 
    prefecture VARCHAR(200), 
    province VARCHAR(200), 
    boundary_version VARCHAR(200), 
    CONSTRAINT pk_dim_county PRIMARY KEY (county_code)
);

CREATE TABLE dim_department (
    department_code VARCHAR(64) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    kind VARCHAR(64) DEFAULT 'other' NOT NULL CONSTRAINT ck_dim_department_kind_known CHECK (kind IN ('internal_medicine', 'surgery', 'obstetrics', 'paediatrics', 'tcm', 'rehabilitation', 'intensive_care', 'general', 'other')), 
    CONSTRAINT pk_dim_department PRIMARY KEY (department_code)
);

CREATE TABLE dim_disease_group (
    disease_group_code VARCHAR(64) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    mdc VARCHAR(200), 
    kind VARCHAR(64) DEFAULT 'medical' NOT NULL CONSTRAINT ck_dim_disease_group_kind_known CHECK (kind IN ('medical', 'surgical', 'procedure', 'bed_day', 'outpatient', 'ungrouped')), 
    base_points NUMERIC(14, 4) CONSTRAINT ck_dim_disease_group_base_points_not_negative CHECK (base_points >= 0), 
    case_weight NUMERIC(10, 4) CONSTRAINT ck_dim_disease_group_case_weight_not_negative CHECK (case_weight >= 0), 
    primary_capable BOOLEAN DEFAULT false NOT NULL, 
    county_capable BOOLEAN DEFAULT true NOT NULL, 
    low_risk BOOLEAN DEFAULT false NOT NULL, 
    CONSTRAINT pk_dim_disease_group PRIMARY KEY (disease_group_code)
);

CREATE TABLE dim_equipment_type (
    equipment_type_code VARCHAR(64) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    is_large BOOLEAN NOT NULL, 
    positive_rate_reference NUMERIC(5, 4) CONSTRAINT ck_dim_equipment_type_reference_share CHECK (positive_rate_reference BETWEEN 0 AND 1), 
    CONSTRAINT pk_dim_equipment_type PRIMARY KEY (equipment_type_code)
);

CREATE TABLE dim_service_item (
    service_item_code VARCHAR(64) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    unit VARCHAR(200) NOT NULL, 
    kind VARCHAR(64) NOT NULL CONSTRAINT ck_dim_service_item_kind_known CHECK (kind IN ('outpatient_care', 'inpatient_care', 'public_health')), 
    standard_equivalent NUMERIC(12, 4) NOT NULL CONSTRAINT ck_dim_service_item_standard_equivalent_not_negative CHECK (standard_equivalent >= 0), 
    CONSTRAINT pk_dim_service_item PRIMARY KEY (service_item_code)
);

CREATE TABLE meta_load (
    load_id INTEGER NOT NULL, 
    package VARCHAR(200) NOT NULL, 
    checksum VARCHAR(64) NOT NULL, 
    data_kind VARCHAR(64) NOT NULL CONSTRAINT ck_meta_load_data_kind_known CHECK (data_kind IN ('county', 'demonstration')), 
    row_count BIGINT NOT NULL, 
    rejected_count BIGINT NOT NULL, 
    warning_count BIGINT NOT NULL, 
    data_through DATE, 
    loaded_at TIMESTAMP WITHOUT TIME ZONE NOT NULL, 
    app_version VARCHAR(64) NOT NULL, 
    CONSTRAINT pk_meta_load PRIMARY KEY (load_id)
);

CREATE TABLE dim_town (
    town_code VARCHAR(64) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    community_code VARCHAR(64), 
    area_km2 NUMERIC(12, 3) CONSTRAINT ck_dim_town_area_positive CHECK (area_km2 > 0), 
    longitude FLOAT CONSTRAINT ck_dim_town_longitude_range CHECK (longitude BETWEEN -180 AND 180), 
    latitude FLOAT CONSTRAINT ck_dim_town_latitude_range CHECK (latitude BETWEEN -90 AND 90), 
    CONSTRAINT pk_dim_town PRIMARY KEY (town_code), 
    CONSTRAINT fk_dim_town_community_code FOREIGN KEY(community_code) REFERENCES dim_community (community_code)
);

CREATE TABLE fact_assessment (
    community_code VARCHAR(64) NOT NULL, 
    catalogue VARCHAR(64) NOT NULL, 
    item VARCHAR(64) NOT NULL, 
    month DATE NOT NULL CONSTRAINT ck_fact_assessment_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    value NUMERIC(14, 4), 
    grade VARCHAR(64) CONSTRAINT ck_fact_assessment_grade_known CHECK (grade IS NULL OR grade IN ('A', 'B', 'C')), 
    evidence TEXT, 
    assessor VARCHAR(200), 
    CONSTRAINT pk_fact_assessment PRIMARY KEY (community_code, catalogue, item, month), 
    CONSTRAINT fk_fact_assessment_community_code FOREIGN KEY(community_code) REFERENCES dim_community (community_code)
);

CREATE TABLE fact_fund_budget (
    community_code VARCHAR(64) NOT NULL, 
    scheme VARCHAR(64) NOT NULL CONSTRAINT ck_fact_fund_budget_scheme_known CHECK (scheme IN ('employee', 'resident')), 
    year INTEGER NOT NULL CONSTRAINT ck_fact_fund_budget_year_plausible CHECK (year BETWEEN 1990 AND 2100), 
    base_cost NUMERIC(18, 2) NOT NULL CONSTRAINT ck_fact_fund_budget_base_cost_not_negative CHECK (base_cost >= 0), 
    fund_base NUMERIC(18, 2) NOT NULL CONSTRAINT ck_fact_fund_budget_fund_base_not_negative CHECK (fund_base >= 0), 
    growth_volume NUMERIC(8, 4), 
    growth_quality NUMERIC(8, 4), 
    growth_price NUMERIC(8, 4), 
    growth_case_mix NUMERIC(8, 4), 
    budget NUMERIC(18, 2) NOT NULL CONSTRAINT ck_fact_fund_budget_budget_not_negative CHECK (budget >= 0), 
    reserve NUMERIC(18, 2) CONSTRAINT ck_fact_fund_budget_reserve_not_negative CHECK (reserve >= 0), 
    CONSTRAINT pk_fact_fund_budget PRIMARY KEY (community_code, scheme, year), 
    CONSTRAINT fk_fact_fund_budget_community_code FOREIGN KEY(community_code) REFERENCES dim_community (community_code)
);

CREATE TABLE meta_finding (
    load_id INTEGER NOT NULL, 
    number INTEGER NOT NULL, 
    severity VARCHAR(64) NOT NULL CONSTRAINT ck_meta_finding_severity_known CHECK (severity IN ('error', 'warning')), 
    rule VARCHAR(64) NOT NULL, 
    file VARCHAR(200) NOT NULL, 
    line BIGINT, 
    column_name VARCHAR(64), 
    value TEXT, 
    CONSTRAINT pk_meta_finding PRIMARY KEY (load_id, number), 
    CONSTRAINT fk_meta_finding_load_id FOREIGN KEY(load_id) REFERENCES meta_load (load_id)
);

CREATE TABLE meta_freshness (
    table_name VARCHAR(64) NOT NULL, 
    load_id INTEGER NOT NULL, 
    row_count BIGINT NOT NULL, 
    first_period DATE, 
    last_period DATE, 
    CONSTRAINT pk_meta_freshness PRIMARY KEY (table_name), 
    CONSTRAINT fk_meta_freshness_load_id FOREIGN KEY(load_id) REFERENCES meta_load (load_id)
);

CREATE TABLE meta_load_file (
    load_id INTEGER NOT NULL, 
    file VARCHAR(200) NOT NULL, 
    table_name VARCHAR(64) NOT NULL, 
    checksum VARCHAR(64) NOT NULL, 
    row_count BIGINT NOT NULL, 
    replaced_count BIGINT NOT NULL, 
    first_period DATE, 
    last_period DATE, 
    CONSTRAINT pk_meta_load_file PRIMARY KEY (load_id, file), 
    CONSTRAINT fk_meta_load_file_load_id FOREIGN KEY(load_id) REFERENCES meta_load (load_id)
);

CREATE TABLE dim_institution (
    institution_code VARCHAR(64) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    short_name VARCHAR(200), 
    kind VARCHAR(64) NOT NULL CONSTRAINT ck_dim_institution_kind_known CHECK (kind IN ('general_hospital', 'tcm_hospital', 'specialist_hospital', 'maternal_child', 'township_centre', 'community_centre', 'station', 'public_health', 'pharmacy', 'other')), 
    tier VARCHAR(64) DEFAULT 'ungraded' NOT NULL CONSTRAINT ck_dim_institution_tier_known CHECK (tier IN ('primary', 'secondary', 'tertiary', 'ungraded')), 
    grade VARCHAR(64) DEFAULT 'none' NOT NULL CONSTRAINT ck_dim_institution_grade_known CHECK (grade IN ('a', 'b', 'c', 'none')), 
    role VARCHAR(64) DEFAULT 'none' NOT NULL CONSTRAINT ck_dim_institution_role_known CHECK (role IN ('lead', 'member', 'none')), 
    community_code VARCHAR(64), 
    town_code VARCHAR(64), 
    parent_institution_code VARCHAR(64), 
    in_county BOOLEAN NOT NULL, 
    in_province BOOLEAN DEFAULT true NOT NULL, 
    in_alliance BOOLEAN DEFAULT false NOT NULL, 
    capability_level VARCHAR(64) DEFAULT 'none' NOT NULL CONSTRAINT ck_dim_institution_capability_level_known CHECK (capability_level IN ('none', 'basic', 'recommended')), 
    longitude FLOAT CONSTRAINT ck_dim_institution_longitude_range CHECK (longitude BETWEEN -180 AND 180), 
    latitude FLOAT CONSTRAINT ck_dim_institution_latitude_range CHECK (latitude BETWEEN -90 AND 90), 
    opened_on DATE, 
    closed_on DATE, 
    CONSTRAINT pk_dim_institution PRIMARY KEY (institution_code), 
    CONSTRAINT ck_dim_institution_closed_after_opened CHECK (closed_on IS NULL OR opened_on IS NULL OR closed_on >= opened_on), 
    CONSTRAINT fk_dim_institution_community_code FOREIGN KEY(community_code) REFERENCES dim_community (community_code), 
    CONSTRAINT fk_dim_institution_town_code FOREIGN KEY(town_code) REFERENCES dim_town (town_code), 
    CONSTRAINT fk_dim_institution_parent_institution_code FOREIGN KEY(parent_institution_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE fact_population (
    town_code VARCHAR(64) NOT NULL, 
    year INTEGER NOT NULL CONSTRAINT ck_fact_population_year_plausible CHECK (year BETWEEN 1990 AND 2100), 
    registered BIGINT NOT NULL CONSTRAINT ck_fact_population_registered_not_negative CHECK (registered >= 0), 
    resident BIGINT NOT NULL CONSTRAINT ck_fact_population_resident_not_negative CHECK (resident >= 0), 
    age_0_6 BIGINT CONSTRAINT ck_fact_population_age_0_6_not_negative CHECK (age_0_6 >= 0), 
    age_65_over BIGINT CONSTRAINT ck_fact_population_age_65_over_not_negative CHECK (age_65_over >= 0), 
    key_groups BIGINT CONSTRAINT ck_fact_population_key_groups_not_negative CHECK (key_groups >= 0), 
    insured_employee BIGINT CONSTRAINT ck_fact_population_insured_employee_not_negative CHECK (insured_employee >= 0), 
    insured_resident BIGINT CONSTRAINT ck_fact_population_insured_resident_not_negative CHECK (insured_resident >= 0), 
    CONSTRAINT pk_fact_population PRIMARY KEY (town_code, year), 
    CONSTRAINT fk_fact_population_town_code FOREIGN KEY(town_code) REFERENCES dim_town (town_code)
);

CREATE TABLE dim_equipment (
    equipment_code VARCHAR(64) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    equipment_type_code VARCHAR(64) NOT NULL, 
    institution_code VARCHAR(64) NOT NULL, 
    purchase_value NUMERIC(18, 2) CONSTRAINT ck_dim_equipment_purchase_value_not_negative CHECK (purchase_value >= 0), 
    purchased_on DATE, 
    retired_on DATE, 
    CONSTRAINT pk_dim_equipment PRIMARY KEY (equipment_code), 
    CONSTRAINT fk_dim_equipment_equipment_type_code FOREIGN KEY(equipment_type_code) REFERENCES dim_equipment_type (equipment_type_code), 
    CONSTRAINT fk_dim_equipment_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE dim_travel_time (
    town_code VARCHAR(64) NOT NULL, 
    institution_code VARCHAR(64) NOT NULL, 
    minutes NUMERIC(10, 2) NOT NULL CONSTRAINT ck_dim_travel_time_minutes_not_negative CHECK (minutes >= 0), 
    CONSTRAINT pk_dim_travel_time PRIMARY KEY (town_code, institution_code), 
    CONSTRAINT fk_dim_travel_time_town_code FOREIGN KEY(town_code) REFERENCES dim_town (town_code), 
    CONSTRAINT fk_dim_travel_time_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE fact_bed (
    institution_code VARCHAR(64) NOT NULL, 
    department_code VARCHAR(64) NOT NULL, 
    month DATE NOT NULL CONSTRAINT ck_fact_bed_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    approved_beds BIGINT CONSTRAINT ck_fact_bed_approved_beds_not_negative CHECK (approved_beds >= 0), 
    open_bed_days BIGINT NOT NULL CONSTRAINT ck_fact_bed_open_bed_days_not_negative CHECK (open_bed_days >= 0), 
    occupied_bed_days BIGINT NOT NULL CONSTRAINT ck_fact_bed_occupied_bed_days_not_negative CHECK (occupied_bed_days >= 0), 
    admissions BIGINT CONSTRAINT ck_fact_bed_admissions_not_negative CHECK (admissions >= 0), 
    discharges BIGINT CONSTRAINT ck_fact_bed_discharges_not_negative CHECK (discharges >= 0), 
    discharged_bed_days BIGINT CONSTRAINT ck_fact_bed_discharged_bed_days_not_negative CHECK (discharged_bed_days >= 0), 
    CONSTRAINT pk_fact_bed PRIMARY KEY (institution_code, department_code, month), 
    CONSTRAINT fk_fact_bed_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code), 
    CONSTRAINT fk_fact_bed_department_code FOREIGN KEY(department_code) REFERENCES dim_department (department_code)
);

CREATE TABLE fact_claim (
    town_code VARCHAR(64) NOT NULL, 
    scheme VARCHAR(64) NOT NULL CONSTRAINT ck_fact_claim_scheme_known CHECK (scheme IN ('employee', 'resident')), 
    institution_code VARCHAR(64) NOT NULL, 
    service_kind VARCHAR(64) NOT NULL CONSTRAINT ck_fact_claim_service_kind_known CHECK (service_kind IN ('outpatient', 'chronic', 'inpatient', 'pharmacy')), 
    disease_group_code VARCHAR(64) NOT NULL, 
    month DATE NOT NULL CONSTRAINT ck_fact_claim_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    encounters BIGINT NOT NULL CONSTRAINT ck_fact_claim_encounters_not_negative CHECK (encounters >= 0), 
    total_cost NUMERIC(18, 2) NOT NULL CONSTRAINT ck_fact_claim_total_cost_not_negative CHECK (total_cost >= 0), 
    eligible_cost NUMERIC(18, 2) CONSTRAINT ck_fact_claim_eligible_cost_not_negative CHECK (eligible_cost >= 0), 
    fund_paid NUMERIC(18, 2) NOT NULL CONSTRAINT ck_fact_claim_fund_paid_not_negative CHECK (fund_paid >= 0), 
    patient_paid NUMERIC(18, 2) NOT NULL CONSTRAINT ck_fact_claim_patient_paid_not_negative CHECK (patient_paid >= 0), 
    drg_points NUMERIC(18, 4) CONSTRAINT ck_fact_claim_drg_points_not_negative CHECK (drg_points >= 0), 
    CONSTRAINT pk_fact_claim PRIMARY KEY (town_code, scheme, institution_code, service_kind, disease_group_code, month), 
    CONSTRAINT fk_fact_claim_town_code FOREIGN KEY(town_code) REFERENCES dim_town (town_code), 
    CONSTRAINT fk_fact_claim_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code), 
    CONSTRAINT fk_fact_claim_disease_group_code FOREIGN KEY(disease_group_code) REFERENCES dim_disease_group (disease_group_code)
);

CREATE INDEX ix_fact_claim_disease_group_code_month ON fact_claim (disease_group_code, month);

CREATE INDEX ix_fact_claim_month ON fact_claim (month);

CREATE TABLE fact_conduct (
    institution_code VARCHAR(64) NOT NULL, 
    kind VARCHAR(64) NOT NULL CONSTRAINT ck_fact_conduct_kind_known CHECK (kind IN ('complaint', 'dispute', 'fund_violation', 'discipline')), 
    month DATE NOT NULL CONSTRAINT ck_fact_conduct_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    cases BIGINT NOT NULL CONSTRAINT ck_fact_conduct_cases_not_negative CHECK (cases >= 0), 
    demerit_points NUMERIC(10, 2) CONSTRAINT ck_fact_conduct_demerit_points_not_negative CHECK (demerit_points >= 0), 
    CONSTRAINT pk_fact_conduct PRIMARY KEY (institution_code, kind, month), 
    CONSTRAINT fk_fact_conduct_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE fact_contract (
    institution_code VARCHAR(64) NOT NULL, 
    population_group VARCHAR(64) NOT NULL CONSTRAINT ck_fact_contract_population_group_known CHECK (population_group IN ('all', 'key', 'child', 'maternal', 'elderly', 'hypertension', 'diabetes', 'severe_mental', 'tuberculosis', 'disabled', 'low_income', 'family_planning')), 
    month DATE NOT NULL CONSTRAINT ck_fact_contract_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    population BIGINT NOT NULL CONSTRAINT ck_fact_contract_population_not_negative CHECK (population >= 0), 
    contracted BIGINT NOT NULL CONSTRAINT ck_fact_contract_contracted_not_negative CHECK (contracted >= 0), 
    fulfilled BIGINT CONSTRAINT ck_fact_contract_fulfilled_not_negative CHECK (fulfilled >= 0), 
    due BIGINT CONSTRAINT ck_fact_contract_due_not_negative CHECK (due >= 0), 
    renewed BIGINT CONSTRAINT ck_fact_contract_renewed_not_negative CHECK (renewed >= 0), 
    fee_fiscal NUMERIC(18, 2) CONSTRAINT ck_fact_contract_fee_fiscal_not_negative CHECK (fee_fiscal >= 0), 
    fee_fund NUMERIC(18, 2) CONSTRAINT ck_fact_contract_fee_fund_not_negative CHECK (fee_fund >= 0), 
    fee_person NUMERIC(18, 2) CONSTRAINT ck_fact_contract_fee_person_not_negative CHECK (fee_person >= 0), 
    CONSTRAINT pk_fact_contract PRIMARY KEY (institution_code, population_group, month), 
    CONSTRAINT fk_fact_contract_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE fact_finance (
    institution_code VARCHAR(64) NOT NULL, 
    account_code VARCHAR(64) NOT NULL, 
    month DATE NOT NULL CONSTRAINT ck_fact_finance_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    amount NUMERIC(18, 2) NOT NULL, 
    CONSTRAINT pk_fact_finance PRIMARY KEY (institution_code, account_code, month), 
    CONSTRAINT fk_fact_finance_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code), 
    CONSTRAINT fk_fact_finance_account_code FOREIGN KEY(account_code) REFERENCES dim_account (account_code)
);

CREATE TABLE fact_inpatient_quality (
    institution_code VARCHAR(64) NOT NULL, 
    month DATE NOT NULL CONSTRAINT ck_fact_inpatient_quality_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    grouped_cases BIGINT CONSTRAINT ck_fact_inpatient_quality_grouped_cases_not_negative CHECK (grouped_cases >= 0), 
    case_weight_sum NUMERIC(18, 4) CONSTRAINT ck_fact_inpatient_quality_case_weight_sum_not_negative CHECK (case_weight_sum >= 0), 
    surgical_discharges BIGINT CONSTRAINT ck_fact_inpatient_quality_surgical_discharges_not_negative CHECK (surgical_discharges >= 0), 
    operations BIGINT CONSTRAINT ck_fact_inpatient_quality_operations_not_negative CHECK (operations >= 0), 
    grade3_operations BIGINT CONSTRAINT ck_fact_inpatient_quality_grade3_operations_not_negative CHECK (grade3_operations >= 0), 
    grade4_operations BIGINT CONSTRAINT ck_fact_inpatient_quality_grade4_operations_not_negative CHECK (grade4_operations >= 0), 
    low_risk_cases BIGINT CONSTRAINT ck_fact_inpatient_quality_low_risk_cases_not_negative CHECK (low_risk_cases >= 0), 
    low_risk_deaths BIGINT CONSTRAINT ck_fact_inpatient_quality_low_risk_deaths_not_negative CHECK (low_risk_deaths >= 0), 
    deaths BIGINT CONSTRAINT ck_fact_inpatient_quality_deaths_not_negative CHECK (deaths >= 0), 
    readmissions BIGINT CONSTRAINT ck_fact_inpatient_quality_readmissions_not_negative CHECK (readmissions >= 0), 
    infections BIGINT CONSTRAINT ck_fact_inpatient_quality_infections_not_negative CHECK (infections >= 0), 
    CONSTRAINT pk_fact_inpatient_quality PRIMARY KEY (institution_code, month), 
    CONSTRAINT fk_fact_inpatient_quality_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE fact_outpatient (
    institution_code VARCHAR(64) NOT NULL, 
    month DATE NOT NULL CONSTRAINT ck_fact_outpatient_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    visits BIGINT NOT NULL CONSTRAINT ck_fact_outpatient_visits_not_negative CHECK (visits >= 0), 
    emergency_visits BIGINT CONSTRAINT ck_fact_outpatient_emergency_visits_not_negative CHECK (emergency_visits >= 0), 
    appointment_visits BIGINT CONSTRAINT ck_fact_outpatient_appointment_visits_not_negative CHECK (appointment_visits >= 0), 
    referral_visits BIGINT CONSTRAINT ck_fact_outpatient_referral_visits_not_negative CHECK (referral_visits >= 0), 
    tcm_visits BIGINT CONSTRAINT ck_fact_outpatient_tcm_visits_not_negative CHECK (tcm_visits >= 0), 
    chronic_visits BIGINT CONSTRAINT ck_fact_outpatient_chronic_visits_not_negative CHECK (chronic_visits >= 0), 
    CONSTRAINT pk_fact_outpatient PRIMARY KEY (institution_code, month), 
    CONSTRAINT fk_fact_outpatient_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE fact_posting (
    from_code VARCHAR(64) NOT NULL, 
    to_code VARCHAR(64) NOT NULL, 
    kind VARCHAR(64) NOT NULL CONSTRAINT ck_fact_posting_kind_known CHECK (kind IN ('posting_down', 'short_support', 'training_up')), 
    month DATE NOT NULL CONSTRAINT ck_fact_posting_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    people BIGINT NOT NULL CONSTRAINT ck_fact_posting_people_not_negative CHECK (people >= 0), 
    person_days BIGINT NOT NULL CONSTRAINT ck_fact_posting_person_days_not_negative CHECK (person_days >= 0), 
    qualified_people BIGINT CONSTRAINT ck_fact_posting_qualified_people_not_negative CHECK (qualified_people >= 0), 
    CONSTRAINT pk_fact_posting PRIMARY KEY (from_code, to_code, kind, month), 
    CONSTRAINT ck_fact_posting_not_to_itself CHECK (from_code <> to_code), 
    CONSTRAINT fk_fact_posting_from_code FOREIGN KEY(from_code) REFERENCES dim_institution (institution_code), 
    CONSTRAINT fk_fact_posting_to_code FOREIGN KEY(to_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE fact_public_health (
    institution_code VARCHAR(64) NOT NULL, 
    programme VARCHAR(64) NOT NULL CONSTRAINT ck_fact_public_health_programme_known CHECK (programme IN ('record', 'hypertension', 'diabetes', 'elderly', 'child', 'maternal', 'severe_mental', 'tuberculosis', 'tcm', 'vaccination')), 
    month DATE NOT NULL CONSTRAINT ck_fact_public_health_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    eligible BIGINT NOT NULL CONSTRAINT ck_fact_public_health_eligible_not_negative CHECK (eligible >= 0), 
    managed BIGINT NOT NULL CONSTRAINT ck_fact_public_health_managed_not_negative CHECK (managed >= 0), 
    managed_to_standard BIGINT CONSTRAINT ck_fact_public_health_managed_to_standard_not_negative CHECK (managed_to_standard >= 0), 
    controlled BIGINT CONSTRAINT ck_fact_public_health_controlled_not_negative CHECK (controlled >= 0), 
    CONSTRAINT pk_fact_public_health PRIMARY KEY (institution_code, programme, month), 
    CONSTRAINT fk_fact_public_health_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE fact_referral (
    from_code VARCHAR(64) NOT NULL, 
    to_code VARCHAR(64) NOT NULL, 
    direction VARCHAR(64) NOT NULL CONSTRAINT ck_fact_referral_direction_known CHECK (direction IN ('up', 'down', 'lateral', 'out')), 
    disease_group_code VARCHAR(64) NOT NULL, 
    month DATE NOT NULL CONSTRAINT ck_fact_referral_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    cases BIGINT NOT NULL CONSTRAINT ck_fact_referral_cases_not_negative CHECK (cases >= 0), 
    platform_cases BIGINT CONSTRAINT ck_fact_referral_platform_cases_not_negative CHECK (platform_cases >= 0), 
    closed_cases BIGINT CONSTRAINT ck_fact_referral_closed_cases_not_negative CHECK (closed_cases >= 0), 
    rehabilitation_cases BIGINT CONSTRAINT ck_fact_referral_rehabilitation_cases_not_negative CHECK (rehabilitation_cases >= 0), 
    cost NUMERIC(18, 2) CONSTRAINT ck_fact_referral_cost_not_negative CHECK (cost >= 0), 
    CONSTRAINT pk_fact_referral PRIMARY KEY (from_code, to_code, direction, disease_group_code, month), 
    CONSTRAINT ck_fact_referral_not_to_itself CHECK (from_code <> to_code), 
    CONSTRAINT fk_fact_referral_from_code FOREIGN KEY(from_code) REFERENCES dim_institution (institution_code), 
    CONSTRAINT fk_fact_referral_to_code FOREIGN KEY(to_code) REFERENCES dim_institution (institution_code), 
    CONSTRAINT fk_fact_referral_disease_group_code FOREIGN KEY(disease_group_code) REFERENCES dim_disease_group (disease_group_code)
);

CREATE TABLE fact_shared_service (
    centre VARCHAR(64) NOT NULL CONSTRAINT ck_fact_shared_service_centre_known CHECK (centre IN ('imaging', 'ecg', 'laboratory', 'pathology', 'sterile_supply', 'consultation')), 
    requester_code VARCHAR(64) NOT NULL, 
    provider_code VARCHAR(64) NOT NULL, 
    month DATE NOT NULL CONSTRAINT ck_fact_shared_service_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    requests BIGINT NOT NULL CONSTRAINT ck_fact_shared_service_requests_not_negative CHECK (requests >= 0), 
    reports BIGINT NOT NULL CONSTRAINT ck_fact_shared_service_reports_not_negative CHECK (reports >= 0), 
    median_turnaround_minutes NUMERIC(12, 2) CONSTRAINT ck_fact_shared_service_median_turnaround_minutes_not_negative CHECK (median_turnaround_minutes >= 0), 
    recognised_results BIGINT CONSTRAINT ck_fact_shared_service_recognised_results_not_negative CHECK (recognised_results >= 0), 
    repeated_results BIGINT CONSTRAINT ck_fact_shared_service_repeated_results_not_negative CHECK (repeated_results >= 0), 
    CONSTRAINT pk_fact_shared_service PRIMARY KEY (centre, requester_code, provider_code, month), 
    CONSTRAINT fk_fact_shared_service_requester_code FOREIGN KEY(requester_code) REFERENCES dim_institution (institution_code), 
    CONSTRAINT fk_fact_shared_service_provider_code FOREIGN KEY(provider_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE fact_support (
    lead_code VARCHAR(64) NOT NULL, 
    member_code VARCHAR(64) NOT NULL, 
    kind VARCHAR(64) NOT NULL CONSTRAINT ck_fact_support_kind_known CHECK (kind IN ('resident_team', 'expert_clinic', 'ward_round', 'apprenticeship', 'training_course', 'quality_check', 'consultation', 'contract_team')), 
    month DATE NOT NULL CONSTRAINT ck_fact_support_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    sessions BIGINT NOT NULL CONSTRAINT ck_fact_support_sessions_not_negative CHECK (sessions >= 0), 
    people BIGINT CONSTRAINT ck_fact_support_people_not_negative CHECK (people >= 0), 
    CONSTRAINT pk_fact_support PRIMARY KEY (lead_code, member_code, kind, month), 
    CONSTRAINT ck_fact_support_not_to_itself CHECK (lead_code <> member_code), 
    CONSTRAINT fk_fact_support_lead_code FOREIGN KEY(lead_code) REFERENCES dim_institution (institution_code), 
    CONSTRAINT fk_fact_support_member_code FOREIGN KEY(member_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE fact_survey (
    institution_code VARCHAR(64) NOT NULL, 
    respondent VARCHAR(64) NOT NULL CONSTRAINT ck_fact_survey_respondent_known CHECK (respondent IN ('outpatient', 'inpatient', 'resident', 'staff')), 
    quarter DATE NOT NULL CONSTRAINT ck_fact_survey_quarter_first_day CHECK (EXTRACT(DAY FROM quarter) = 1 AND EXTRACT(MONTH FROM quarter) IN (1, 4, 7, 10)), 
    surveyed BIGINT NOT NULL CONSTRAINT ck_fact_survey_surveyed_not_negative CHECK (surveyed >= 0), 
    satisfied BIGINT NOT NULL CONSTRAINT ck_fact_survey_satisfied_not_negative CHECK (satisfied >= 0), 
    CONSTRAINT pk_fact_survey PRIMARY KEY (institution_code, respondent, quarter), 
    CONSTRAINT fk_fact_survey_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE fact_workforce (
    institution_code VARCHAR(64) NOT NULL, 
    category VARCHAR(64) NOT NULL CONSTRAINT ck_fact_workforce_category_known CHECK (category IN ('physician', 'gp_registered', 'gp_certified', 'assistant_physician', 'nurse', 'public_health', 'pharmacist', 'technician', 'other_health', 'non_health')), 
    title VARCHAR(64) DEFAULT 'none' NOT NULL CONSTRAINT ck_fact_workforce_title_known CHECK (title IN ('senior', 'associate', 'intermediate', 'junior', 'none')), 
    education VARCHAR(64) NOT NULL CONSTRAINT ck_fact_workforce_education_known CHECK (education IN ('postgraduate', 'bachelor', 'college', 'secondary')), 
    age_band VARCHAR(64) NOT NULL CONSTRAINT ck_fact_workforce_age_band_known CHECK (age_band IN ('under_35', '35_44', '45_54', '55_59', '60_over')), 
    sex VARCHAR(64) DEFAULT 'unknown' NOT NULL CONSTRAINT ck_fact_workforce_sex_known CHECK (sex IN ('female', 'male', 'unknown')), 
    quarter DATE NOT NULL CONSTRAINT ck_fact_workforce_quarter_first_day CHECK (EXTRACT(DAY FROM quarter) = 1 AND EXTRACT(MONTH FROM quarter) IN (1, 4, 7, 10)), 
    headcount BIGINT NOT NULL CONSTRAINT ck_fact_workforce_headcount_not_negative CHECK (headcount >= 0), 
    establishment_posts BIGINT CONSTRAINT ck_fact_workforce_establishment_posts_not_negative CHECK (establishment_posts >= 0), 
    wage_income NUMERIC(18, 2) CONSTRAINT ck_fact_workforce_wage_income_not_negative CHECK (wage_income >= 0), 
    CONSTRAINT pk_fact_workforce PRIMARY KEY (institution_code, category, title, education, age_band, sex, quarter), 
    CONSTRAINT fk_fact_workforce_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code)
);

CREATE TABLE fact_workload (
    institution_code VARCHAR(64) NOT NULL, 
    service_item_code VARCHAR(64) NOT NULL, 
    month DATE NOT NULL CONSTRAINT ck_fact_workload_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    quantity NUMERIC(18, 2) NOT NULL CONSTRAINT ck_fact_workload_quantity_not_negative CHECK (quantity >= 0), 
    quality_coefficient NUMERIC(6, 4) DEFAULT 1 NOT NULL CONSTRAINT ck_fact_workload_quality_range CHECK (quality_coefficient BETWEEN 0 AND 1.5), 
    CONSTRAINT pk_fact_workload PRIMARY KEY (institution_code, service_item_code, month), 
    CONSTRAINT fk_fact_workload_institution_code FOREIGN KEY(institution_code) REFERENCES dim_institution (institution_code), 
    CONSTRAINT fk_fact_workload_service_item_code FOREIGN KEY(service_item_code) REFERENCES dim_service_item (service_item_code)
);

CREATE TABLE fact_equipment_use (
    equipment_code VARCHAR(64) NOT NULL, 
    month DATE NOT NULL CONSTRAINT ck_fact_equipment_use_month_first_day CHECK (EXTRACT(DAY FROM month) = 1), 
    available_hours NUMERIC(12, 2) NOT NULL CONSTRAINT ck_fact_equipment_use_available_hours_not_negative CHECK (available_hours >= 0), 
    working_hours NUMERIC(12, 2) NOT NULL CONSTRAINT ck_fact_equipment_use_working_hours_not_negative CHECK (working_hours >= 0), 
    examinations BIGINT CONSTRAINT ck_fact_equipment_use_examinations_not_negative CHECK (examinations >= 0), 
    positives BIGINT CONSTRAINT ck_fact_equipment_use_positives_not_negative CHECK (positives >= 0), 
    downtime_hours NUMERIC(12, 2) CONSTRAINT ck_fact_equipment_use_downtime_hours_not_negative CHECK (downtime_hours >= 0), 
    CONSTRAINT pk_fact_equipment_use PRIMARY KEY (equipment_code, month), 
    CONSTRAINT fk_fact_equipment_use_equipment_code FOREIGN KEY(equipment_code) REFERENCES dim_equipment (equipment_code)
);


-- purpose: satisfied of those surveyed, of the respondents asked for
-- grain: one row per institution and quarter
-- params: first_month, last_month, respondents
-- columns: institution_code, quarter, part, whole
SELECT s.institution_code, s.quarter, SUM(s.satisfied) AS part, SUM(s.surveyed) AS whole
FROM fact_survey AS s
JOIN dim_institution AS i ON i.institution_code = s.institution_code
WHERE s.quarter BETWEEN :first_month AND :last_month AND s.respondent IN :respondents AND i.in_county
GROUP BY s.institution_code, s.quarter

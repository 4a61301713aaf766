-- purpose: what people assessed: grades A to C of criteria and values of indicators without a formula, with evidence and assessor
-- grain: one row per community, catalogue, item and month
-- params: last_month (first day of the last month that counts)
-- columns: community_code, catalogue, item, month, value, grade, evidence, assessor
SELECT community_code, catalogue, item, month, value, grade, evidence, assessor
FROM fact_assessment
WHERE month <= :last_month
ORDER BY community_code, catalogue, item, month

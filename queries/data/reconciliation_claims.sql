-- purpose: what was settled of an institution and month, to be held against what it reports
-- grain: treating institution × month × side
-- params: first, last
-- scope: provider
-- columns: institution_code, month, side, amount
SELECT institution_code, month, 'claim_visits' AS side, SUM(encounters) AS amount
FROM agg_claim_month WHERE month BETWEEN :first AND :last AND service_kind IN ('outpatient', 'chronic') GROUP BY institution_code, month
UNION ALL
SELECT institution_code, month, 'claim_cases' AS side, SUM(encounters) AS amount
FROM agg_claim_month WHERE month BETWEEN :first AND :last AND service_kind = 'inpatient' GROUP BY institution_code, month
UNION ALL
SELECT institution_code, month, 'claim_cost' AS side, SUM(total_cost) AS amount
FROM agg_claim_month WHERE month BETWEEN :first AND :last GROUP BY institution_code, month

-- purpose: what the shared centres did and how well results were recognised
-- grain: one row per centre kind
-- params: first_month, last_month
-- columns: centre, reports, recognised_results, repeated_results
SELECT centre, SUM(reports) AS reports, SUM(recognised_results) AS recognised_results, SUM(repeated_results) AS repeated_results
FROM fact_shared_service
WHERE month BETWEEN :first_month AND :last_month
GROUP BY centre

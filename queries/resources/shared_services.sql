-- purpose: who asks which shared centre, how fast it answers, and what is recognised or repeated
-- grain: centre × requester × provider, over chosen months; weighted_minutes ÷ timed_reports is the turnaround (indicator C12b)
-- params: months
-- columns: centre, requester_code, provider_code, requests, reports, weighted_minutes, timed_reports, recognised_results, repeated_results
SELECT centre, requester_code, provider_code,
       SUM(requests) AS requests,
       SUM(reports) AS reports,
       SUM(CASE WHEN reports > 0 THEN median_turnaround_minutes * reports ELSE NULL END) AS weighted_minutes,
       SUM(CASE WHEN median_turnaround_minutes IS NULL THEN 0 ELSE reports END) AS timed_reports,
       SUM(recognised_results) AS recognised_results,
       SUM(repeated_results) AS repeated_results
FROM fact_shared_service
WHERE month IN :months
GROUP BY centre, requester_code, provider_code
ORDER BY centre, requester_code, provider_code

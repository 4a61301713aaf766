-- purpose: who asks which shared centre, how fast it answers, and what is recognised or repeated
-- grain: centre × requester × provider × month
-- params: months
-- columns: centre, requester_code, provider_code, month, requests, reports, median_turnaround_minutes, recognised_results, repeated_results
SELECT centre, requester_code, provider_code, month, requests, reports, median_turnaround_minutes, recognised_results, repeated_results
FROM fact_shared_service
WHERE month IN :months
ORDER BY centre, requester_code, provider_code, month

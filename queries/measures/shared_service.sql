-- purpose: reports of the shared centres, by the institution that asked
-- grain: unit of the requesting institution × month × centre
-- params: level, community, months
-- scope: requester
-- columns: unit_code, month, centre, requests, reports, recognised_results, repeated_results, turnaround_minutes, timed_reports, recognised_results_missing, repeated_results_missing, turnaround_minutes_missing, timed_reports_missing
SELECT unit_code, month, centre,
       SUM(requests) AS requests,
       SUM(reports) AS reports,
       SUM(recognised_results) AS recognised_results,
       SUM(repeated_results) AS repeated_results,
       SUM(turnaround_minutes) AS turnaround_minutes,
       SUM(timed_reports) AS timed_reports,
       SUM(CASE WHEN recognised_results IS NULL THEN 1 ELSE 0 END) AS recognised_results_missing,
       SUM(CASE WHEN repeated_results IS NULL THEN 1 ELSE 0 END) AS repeated_results_missing,
       SUM(CASE WHEN turnaround_minutes IS NULL THEN 1 ELSE 0 END) AS turnaround_minutes_missing,
       SUM(CASE WHEN timed_reports IS NULL THEN 1 ELSE 0 END) AS timed_reports_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, f.centre,
         f.requests, f.reports, f.recognised_results, f.repeated_results,
         CASE WHEN f.reports = 0 THEN 0 ELSE f.median_turnaround_minutes * f.reports END AS turnaround_minutes,
         CASE WHEN f.reports > 0 AND f.median_turnaround_minutes IS NULL THEN NULL ELSE f.reports END AS timed_reports
  FROM fact_shared_service f
  JOIN dim_institution i ON i.institution_code = f.requester_code
  WHERE f.month IN :months
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, centre

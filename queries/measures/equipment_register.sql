-- purpose: equipment in stock: from purchase to retirement or the closing of its institution, whichever comes first
-- grain: unit of the level × date of purchase × date of retirement
-- params: level, community
-- columns: unit_code, valid_from, valid_to, pieces, purchase_value, purchase_value_missing
SELECT unit_code, valid_from, valid_to,
       SUM(pieces) AS pieces,
       SUM(purchase_value) AS purchase_value,
       SUM(CASE WHEN purchase_value IS NULL THEN 1 ELSE 0 END) AS purchase_value_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         e.purchased_on AS valid_from, CASE WHEN e.retired_on IS NULL OR i.closed_on < e.retired_on THEN COALESCE(i.closed_on, e.retired_on) ELSE e.retired_on END AS valid_to,
         1 AS pieces, e.purchase_value
  FROM dim_equipment e
  JOIN dim_institution i ON i.institution_code = e.institution_code
  WHERE i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, valid_from, valid_to

-- purpose: people posted to in-county institutions, by the receiving institution
-- grain: unit of the receiving institution × month × kind
-- params: level, community, months
-- scope: receiver
-- columns: unit_code, month, reporter_code, posting_kind, people, qualified_people, qualified_people_missing
SELECT unit_code, month, reporter_code, posting_kind,
       SUM(people) AS people,
       SUM(qualified_people) AS qualified_people,
       SUM(CASE WHEN qualified_people IS NULL THEN 1 ELSE 0 END) AS qualified_people_missing
FROM (
  SELECT CASE CAST(:level AS VARCHAR(20))
           WHEN 'county' THEN 'county'
           WHEN 'community' THEN i.community_code
           WHEN 'town' THEN i.town_code
           WHEN 'institution' THEN i.institution_code
         END AS unit_code,
         f.month, 'county' AS reporter_code, f.kind AS posting_kind,
         f.people, f.qualified_people
  FROM fact_posting f
  JOIN dim_institution i ON i.institution_code = f.to_code
  WHERE f.month IN :months
    AND i.in_county
    AND (CAST(:community AS VARCHAR(64)) = 'all' OR i.community_code = CAST(:community AS VARCHAR(64)))
) AS attributed
WHERE unit_code IS NOT NULL
GROUP BY unit_code, month, reporter_code, posting_kind

-- purpose: the loads that changed which community, kind or tier something belongs to, so that earlier periods are counted anew
-- grain: newest month of such a load
-- params: none
-- columns: month
SELECT DISTINCT COALESCE(meta_load.data_through, CAST(meta_load.loaded_at AS DATE)) AS month
FROM meta_finding
JOIN meta_load ON meta_load.load_id = meta_finding.load_id
WHERE meta_finding.rule = 'history_restated'
ORDER BY month
